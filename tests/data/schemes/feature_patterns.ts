# lists are taken apart by patterns, lists within lists too
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
global [one, [two, three]] = [1, [2, 3]];
module main(crn) = [] where {
  [a, b] = [[4, 5], 6];
  [[c, d], e] = [a, b];
  [empty_list] = [[]];
  z = print(one, two, three, a, b, c, d, e, empty_list) }
