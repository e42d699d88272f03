# functions are values; the four words that make them mean the same
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
class a(x) = x + 1;
function b(x) = x + 2;
module c(x) = x + 3;
macro d(x) = x + 4;
function call(f, x) = f(x);
function chosen(n) = if n == 0 then a else b;
function len(x) = 'mine';
module main(crn) = [] where {
  z = print(a(0), b(0), c(0), d(0), call(b, 1), chosen(0)(5), map(chosen(1), [1, 2]));
  y = print(len([1]), map(tail, [[1, 2], [3]])) }
