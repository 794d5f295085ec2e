-- Moves a projection past an event that it cannot handle, and writes that down.
-- KEYS: state, skipped. ARGV: holder, position before, position after, most to write down, aggregate,
-- version, error. Result: 1 done now or before, 0 another holds it, 2 too many are written down.
local move_is = may_move(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
if move_is ~= 1 then
  return move_is == 2 and 1 or 0
end
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[4]) then
  return 2
end
redis.call('XADD', KEYS[2], '*', 'position', ARGV[3], 'aggregate', ARGV[5], 'version', ARGV[6],
  'error', ARGV[7])
move(KEYS[1], ARGV[3])
return 1
