-- Removes a consumer. What is pending under its name keeps it from being removed, or, if asked for, is
-- handed to the others first, a page at a time; what has lost its data becomes a dead letter.
-- KEYS: stream, due, dead, quotas. ARGV: group, consumer, released consumer, 1 to hand over, page size.
-- Result: 1 removed, 0 not yet or not, -1 there is no such consumer; handed over; dead letters; error
-- text.
local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local known = false
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  for i = 1, #info, 2 do
    known = known or (info[i] == 'name' and info[i + 1] == consumer)
  end
end
if not known then
  return {-1, 0, 0, ''}
end
local handed, buried = 0, 0
local rows = redis.call('XPENDING', stream, group, '-', '+', ARGV[5], consumer)
if ARGV[4] == '1' then
  for _, row in ipairs(rows) do
    local id, count = row[1], row[4]
    if fields_of(stream, id) then
      redis.call('XCLAIM', stream, group, ARGV[3], 0, id, 'RETRYCOUNT', count, 'JUSTID')
      handed = handed + 1
    else
      local refused = bury(stream, group, KEYS[3], id, 'PAYLOAD_LOST', count, consumer, '', {})
      if refused then
        return {0, handed, buried, refused.err}
      end
      buried = buried + 1
    end
  end
  rows = redis.call('XPENDING', stream, group, '-', '+', 1, consumer)
end
if #rows > 0 then
  return {0, handed, buried, ''}
end
redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
return {1, handed, buried, ''}
