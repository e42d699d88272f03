# Join gate, flux strand, produce gate and helper, drawn after chapter 3 of N. Srinivas, "Programming chemical kinetics: engineering
# dynamic reaction networks with DNA strand displacement", PhD thesis, Caltech (2015), for any number of reactants and products.
#
# A signal of A is  history, first toehold f, recognition domain m, second toehold s.

class formal(s) = "? f m s" | ". . . ."
  where { f = short(); m = long(); s = short() };

# the strand that starts a reaction without reactants
class feed() = "f m s" | ". . ."
  where { f = short(); m = long(); s = short() };

# reactant i of a row: what covers it, its place on the bottom strand, and the backward strand that pushes it out again
macro covered(row, i) =
  [ "m s f +" | "( ( ( +",
    "f* s* m*" | ") ) )",
    "m s f" | ". . ." ]
  where { m = row[i].m; s = row[i].s; f = row[i + 1].f };

class join(row, flux) =
  [ "tops m s tail + s* m* bottoms f*" | "~ ( ( ~ + ) ) ~ ." ] + backward
  where {
    [tops, bottoms, backward] = flip(map2(covered, row, range(len(row) - 1)), 3);
    bottoms = reverse(bottoms);
    m = row[-1].m;
    s = row[-1].s;
    f = row[0].f;
    tail = flux };

macro waiting(p) = [ "h f m s +" | "( ( . . +", "f* h*" | ") )", "h f" | ". ." ]
  where { h = long(); f = p.f; m = p.m; s = p.s };

class produce(last, products, h) =
  [ "h f m s + tops bottoms f* h* opener*" | "( ( . . + ~ ~ ) ) ." ] +
  (if len(products) == 1 then [] else [ "f rest" | ". ~" ])
  where {
    f = products[0].f;
    m = products[0].m;
    s = products[0].s;
    opener = last.s;
    [tops, bottoms, rest] = flip(map(waiting, tail(products)), 3);
    bottoms = reverse(bottoms) };

macro flux(h, products) =
  if len(products) == 0 then []
  elseif len(products) == 1 then "h f" | ". ." where f = products[0].f
  else "h" | ".";

class gates(row, products) =
  join(row, flux(h, products)) + (if len(products) > 0 then produce(row[-1], products, h) else [])
  where h = long();

module reaction(r) =
  if len(r.reactants) > 0 then sum(map(infty, gates(r.reactants, r.products)))
  else sum(map(infty, [start] + gates([start], r.products))) where start = feed();

module main(crn) = sum(map(reaction, irrev_reactions(crn)))
