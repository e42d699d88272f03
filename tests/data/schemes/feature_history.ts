# ? is a history of its own wherever it is written; in a signal it stands for any
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
class twice() = "? ?" | ". .";
module main(crn) = infty(f) + infty(f) + infty(twice()) where f = twice()
