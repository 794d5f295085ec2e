-- A page of the messages that wait, in the order in which they are due.
-- KEYS: scheduled, messages. ARGV: most messages, and when due and id of the message before the page;
-- both empty for the first page.
-- Result: {{id, when it is due, packed value or nil}...}

-- Where the page begins: how many messages are not after the given one. If that does not wait any
-- more, found by halving; ids of ours compare as texts as they do as bytes.
local function rank_after(score, id)
  local rank = redis.call('ZRANK', KEYS[1], id)
  if rank then
    return rank + 1
  end
  local least, most = 0, redis.call('ZCARD', KEYS[1])
  while least < most do
    local middle = math.floor((least + most) / 2)
    local row = redis.call('ZRANGE', KEYS[1], middle, middle, 'WITHSCORES')
    local at = tonumber(row[2])
    if at < score or at == score and row[1] <= id then
      least = middle + 1
    else
      most = middle
    end
  end
  return least
end

local start = ARGV[2] == '' and 0 or rank_after(tonumber(ARGV[2]), ARGV[3])
local rows = redis.call('ZRANGE', KEYS[1], start, start + ARGV[1] - 1, 'WITHSCORES')
local page = {}
for i = 1, #rows, 2 do
  page[#page + 1] = {rows[i], rows[i + 1], redis.call('HGET', KEYS[2], rows[i])}
end
return page
