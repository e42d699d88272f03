# what names mean inside of a complex, of a complex in it, and of a species
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
macro inner() = "p q" | "( ." where { p = long(); q = short() };
macro outer() = "m first rest m*" | "( ~ ~ )" where { m = long(); first = inner(); rest = [inner()] };
function named(s) = s.name;
class signal(s) = "t" | "." where t = short();
module main(crn) = [] where {
  x = outer();
  a = print(x.m == x.first.p, x.first.p == x.rest[0].p, x.first.q, x.rest[0].q, len(x.rest)) }
