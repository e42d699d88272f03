# lists: indices from either end, sums, lists of lists, equality
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
module main(crn) = [] where {
  x = [10, 20, 30];
  a = print(x[0], x[-1], x[1 + 1], (x + [40])[3], [[1, 2], [3]][0][1]);
  b = print(tail(x), tail([1]), [] + [], x == [10, 20] + [30], empty == []) }
