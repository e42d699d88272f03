# numbers: signs, precedence, grouping from the left, exact fractions
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
module main(crn) = [] where {
  a = print(1 + 2 * 3, (1 + 2) * 3, 7 - 2 - 1, -3 + 5, - (2 * 2), 2 * -3);
  b = print(8 / 2 / 2, 1 / 3 + 2 / 3, 7 / 2) }
