# if, elseif, else; only the branch that is taken is looked at
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
function size(n) = if n == 0 then 'none' elseif n == 1 then 'one' elseif n < 4 then 'few' else 'many';
function nested(n) = if n > 2 then if n > 5 then 'big' else 'middle' else 'small';
module main(crn) = [] where {
  a = print(map(size, range(5)));
  b = print(map(nested, [1, 4, 9]));
  c = print(if 1 == 1 then 'fine' else boom) }
