# texts in either quotes
class formal(s) = "? t x" | ". . ." where { t = short(); x = long() };
module main(crn) = [] where z = print('single words', "double", 'it is "quoted"', "a" + 'b')
