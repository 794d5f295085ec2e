-- Claims the next dead letter that nobody else claims, so that no other processor looks at it.
-- KEYS: dead, claims. ARGV: holder, lease in ms, first id, last id, most letters to pass over.
-- Result: where to look next (empty: there is none), and the letter's id and fields, if there is one.
local from, time, lease = ARGV[3], now(), tonumber(ARGV[2])
for _ = 0, tonumber(ARGV[5]) do
  local letter = redis.call('XRANGE', KEYS[1], from, ARGV[4], 'COUNT', 1)[1]
  if not letter then
    return {''}
  end
  from = '(' .. letter[1]
  if not claimed_by_another(KEYS[2], letter[1], ARGV[1], time) then
    redis.call('HSET', KEYS[2], letter[1], ARGV[1] .. string.format(' %.0f %.0f', time + lease, lease))
    redis.call('PEXPIRE', KEYS[2], math.max(lease, redis.call('PTTL', KEYS[2])))
    return {from, letter[1], letter[2]}
  end
end
return {from}
