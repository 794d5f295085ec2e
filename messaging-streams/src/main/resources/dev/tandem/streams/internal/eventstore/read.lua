-- A page of an aggregate's events.
-- KEYS: aggregate, meta. ARGV: first version (negative: that many from the end), most events.
-- Result: {version, 1 if deleted, first version read, entries} or {'damaged', what is wrong}.
local version, deleted, _, fault = standing(KEYS[2])
if fault then
  return {'damaged', fault}
end
local from = tonumber(ARGV[1])
if from < 0 then
  from = math.max(1, version + from + 1)
end
local entries = redis.call('XRANGE', KEYS[1], text(from) .. '-0', '+', 'COUNT', ARGV[2])
return {text(version), deleted and 1 or 0, text(from), entries}
