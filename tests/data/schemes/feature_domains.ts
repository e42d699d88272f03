# long, short and unique domains; complement of domains, signs and lists
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
class strand() = "a b c" | ". . ." where { a = long(); b = short(); c = unique(8) };
module main(crn) = infty(strand()) + infty(s) where {
  d = long();
  e = complement(d);
  z = print(complement([d, '(', ')', '.', [e]]), complement(e) == d, complement(3));
  s = "d e" | "( )" }
