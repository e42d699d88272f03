# a name means what whoever is still running has bound it to
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
global level = 'outside';
function shown() = level;
function inside() = shown() where level = 'inside';
function passed(level) = shown();
function after() = [inside(), shown()];
module main(crn) = [] where a = print(shown(), inside(), passed('given'), after())
