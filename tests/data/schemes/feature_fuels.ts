# infty: equal fuels are one, nothing is no fuel, loose strands are fuels of their own
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
module main(crn) = infty(s) + infty(s) + infty(g) + infty(turned) + infty(nothing) + infty(loose) where {
  a = long();
  b = short();
  s = "a b" | ". .";
  g = "a b + a*" | "( . + )";
  turned = "a* + a b" | "( + ) .";
  none = [];
  nothing = "none" | "~";
  loose = "a + b* + a*" | ". + . + ." }
