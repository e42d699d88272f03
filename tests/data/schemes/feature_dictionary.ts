# dictionaries of constants
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
module main(crn) = [] where {
  a = length: 5, mark: 'x' kind: "long one";
  z = print(a.length + 1, a.mark, a.kind) }
