# fragments are put in with ~: one, a list, a list of lists, none; stray nicks go
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
macro top(n) = "a +" | "( +" where a = long();
macro pair(n) = [ "a +" | "( +", "a*" | ")" ] where a = long();
class one() = "x b" | "~ )" where { x = top(0); b = x.a };
class ladder(n) = "tops m + m* bottoms" | "~ ( + ) ~" where {
  m = long();
  [tops, under] = flip(map(pair, range(n)), 2);
  bottoms = reverse(under) };
class none() = "nothing m nothing +" | "~ . ~ +" where { nothing = []; m = short() };
class deep() = "x" | "~" where { m = long(); inner = "m" | "."; x = [[inner], [[inner, []]]] };
module main(crn) = infty(ladder(2)) + infty(ladder(0)) + infty(none()) + infty(deep()) + infty(starred());
class starred() = "x y" | "~ ~" where { a = long(); x = "a +" | "( +"; y = "a*" | ")" }
