# Join and translator complexes, drawn after figures 2 and 3 of D. Soloveichik, G. Seelig and E. Winfree, "DNA as a universal
# substrate for chemical kinetics", PNAS 107, 5393 (2010), doi:10.1073/pnas.0909380107, for any number of reactants and products.
#
# A signal of A is  history, toehold a, recognition domain b, toehold c.  A reaction without reactants starts from a strand of its
# own that is a fuel; of the translator of one without products only the toehold is left.

class formal(s) = "? a b c" | ". . . ."
  where { a = short(); b = long(); c = short() };

class filler() = "h a b c" | ". . . ."
  where { h = long(); a = short(); b = long(); c = short() };

# what the join complex keeps for the reactant next to it: the covered strand, its place on the bottom strand, the free strand
macro step(now, next) = [ "b c a +" | "( ( ( +", "a* c* b*" | ") ) )", "b c a" | ". . ." ]
  where { b = now.b; c = now.c; a = next.a };

macro steps(r) = if len(r) == 1 then [] else [step(r[0], r[1])] + steps(tail(r));

# the output strand opens the translator at the last toehold of the last reactant
macro release(s) = [ "d a" | ". .", "d a b c +" | "( ( . . +", "a* d*" | ") )" ]
  where { d = long(); a = s.a; b = s.b; c = s.c };

class gates(r, p) =
  [ "covered b c out + c* b* bottom a*" | "~ ( ( ~ + ) ) ~ .",
    "held + holder c*" | "~ + ~ ." ] + backward
  where {
    last = r[-1];
    b = last.b;
    c = last.c;
    a = r[0].a;
    [covered, under, backward] = flip(steps(r), 3);
    bottom = reverse(under);
    [out, held, beneath] = flip(map(release, p), 3);
    holder = reverse(beneath) };

module reaction(r) =
  if len(r.reactants) == 0 then
    infty(i) + sum(map(infty, gates([i], r.products))) where i = filler()
  else
    sum(map(infty, gates(r.reactants, r.products)));

module main(crn) = sum(map(reaction, irrev_reactions(crn)))
