# functions of lists: range, sum, len, reverse, map, map2, flip
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
function double(x) = 2 * x;
function plus(y, x) = y + x;
module main(crn) = [] where {
  a = print(range(0), range(4), sum([1, 2, 3]), sum([]), sum([[1], [2, 3], []]), sum(['a', 'b']));
  b = print(len([]), len([1, [2, 3]]), reverse([1, 2, 3]), map(double, [1, 2]), map2(plus, 10, [1, 2]));
  c = print(flip([[1, 2], [3, 4], [5, 6]], 2), flip([], 2)) }
