-- Deletes an aggregate's events and snapshot for good; what stays is that there was one.
-- KEYS: aggregate, meta, snapshot. ARGV: expected version (-1 any), id of this call.
-- Result: {'deleted', version} now, or by this call before (its reply was lost), {'absent', version}
-- (never was, or deleted by another),
-- {'conflict', version, 1 if deleted} or {'damaged', what is wrong}.
local version, deleted, _, fault = standing(KEYS[2])
if fault then
  return {'damaged', fault}
end
local expected = tonumber(ARGV[1])
if deleted and redis.call('HGET', KEYS[2], 'deleted') == ARGV[2] then
  return {'deleted', text(version)}
end
if deleted or (version == 0 and expected <= 0) then
  return {'absent', text(version)}
end
if expected >= 0 and expected ~= version then
  return {'conflict', text(version), 0}
end
redis.call('UNLINK', KEYS[1], KEYS[3]) -- first: takes no memory, and what follows is then let through
redis.call('HDEL', KEYS[2], 'commands')
redis.call('HSET', KEYS[2], 'deleted', ARGV[2])
return {'deleted', text(version)}
