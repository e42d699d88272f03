# comparisons and logic: both sides of and and or are values
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
module main(crn) = [] where {
  a = print(1 < 2, 2 <= 1, 2 > 1, 1 >= 2, 1 == 1, [1] != [1]);
  b = print(0 or 5, 2 and 3, 0 and boom, 1 or boom, [] or 'none');
  c = print('a' < 'b', "ab" == 'ab', crn[0].reactants[0] == crn[2].reactants[0]) }
