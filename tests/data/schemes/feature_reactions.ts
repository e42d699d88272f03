# reactions: sides, direction, selection by degree, joining and splitting
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
function sizes(r) = [len(r.reactants), len(r.products), r.reversible];
module main(crn) = [] where {
  a = print(map(sizes, crn));
  b = print(map(sizes, irrev_reactions(crn)));
  c = print(map(sizes, rev_reactions(irrev_reactions(crn))));
  d = print(len(unirxn(crn)), len(birxn(crn)), len(rxn_degree(crn, 0)), len(rxn_degree(crn, 3)));
  e = print(crn[0], crn[1].reactants[0] == crn[0].products[0]) }
