# # comments, blank lines, and a semicolon at the end
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };

# a comment with "quotes" and ; semicolons
module main(crn) = # here too
  [] where { # and here
    z = print(1) } ;
# the end
