-- Where a channel stands, for who follows all that match a pattern; and lets it rest if nothing of it
-- is stored any more. A channel that rests has left its tenant's index; whoever appends to it next, or
-- reads it, registers it again (see append_frame.lua), so that nobody needs to listen to it meanwhile.
-- KEYS: meta, buffer, index
-- ARGV: name, when it may rest ('any', 'never', or 'at': if it stands there), for 'at': epoch,
--       version, nonce
-- Returns: epoch, version, nonce, version and nonce at which the log began or woke last, whether it
--          rests now (1 or 0); nothing if there is no log
local found = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'nonce', 'since')
if not (found[1] and found[2] and found[3]) then
  redis.call('ZREM', KEYS[3], ARGV[1])
  return {}
end
local may_rest = ARGV[2] == 'any'
  or (ARGV[2] == 'at' and found[1] == ARGV[3] and found[2] == ARGV[4] and found[3] == ARGV[5])
local rests = 0
if may_rest and redis.call('XLEN', KEYS[2]) == 0 then
  local marked = redis.pcall('HSET', KEYS[1], 'touched', 0) -- refused by a server without memory
  if type(marked) == 'number' then
    redis.call('ZREM', KEYS[3], ARGV[1])
    rests = 1
  end
end
local version, nonce = string.match(found[4] or '', '^(%d+) (%w*)$')
return {found[1], found[2], found[3], version or '0', nonce or '', rests}
