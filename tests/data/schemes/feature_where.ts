# where: one binding or many, in order, nested, hiding what is outside
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
function f(x) = x + y where y = x * 2;
function g(x) = [x, y] where { x = x + 1; y = x * 10; };
function h(x) = y where y = z + 1 where z = x + 1;
module main(crn) = [] where {
  a = print(f(3), g(3), h(3));
  b = print((x + 1 where x = 4) * 2);
  c = print(if 1 then x else 0 where x = 7, if 0 then 1 else x where x = 8) where x = 5 }
