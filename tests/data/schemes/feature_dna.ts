# domains, complements, nicks; a bracket pairs across strands
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
class gate() = "t a b + c b* a*" | ". ( ( + . ) )" where { t = short(); a = long(); b = long(); c = short() };
class hairpin() = "a b a*
                   c" | "( . )
                         ." where { a = long(); b = long(); c = short() };
class spaced() = " a b * + b " | " . ( + ) " where { a = long(); b = short() };
module main(crn) = infty(gate()) + infty(hairpin()) + infty(spaced())
