# recursion over ten thousand elements, in the language and in its functions
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
function mine(x) = if x == [] then [] else mine(tail(x)) + [x[0]];
function count(n, so_far) = if n == 0 then so_far else count(n - 1, so_far + 1);
function same(x) = x;
module main(crn) = [] where {
  many = range(10000);
  a = print(mine(many) == reverse(many), mine(many)[0], count(20000, 0), sum(map(same, many)), len(many)) }
