# globals are found once, when the scheme is read, in order
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
global toehold = short();
global doubled = [toehold, toehold];
class strand() = "t t" | ". ." where t = toehold;
module main(crn) = infty(strand()) where z = print(doubled[0] == doubled[1], doubled)
