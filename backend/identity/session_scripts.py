"""What happens to a session inside Redis, each in one piece and by Redis's own clock.

`device:<id>` is a hash: person, account (empty for a resident), kind, index (the list that names it), opened, used (to
the hour), renewed, current (digest of the token's secret) and `g:<digest>` for each renewed-out one that still works.
`devices-of:...` is the owner's list, by last use.
"""

PREFIX = "device:"

OPEN = """
local now = tonumber(redis.call('TIME')[1])
local id = string.sub(KEYS[1], 8)
local idle, absolute, most = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local hour = now - now % 3600
redis.call('HSET', KEYS[1], 'person', ARGV[1], 'account', ARGV[2], 'kind', ARGV[3], 'current', ARGV[4],
    'index', KEYS[2], 'opened', now, 'used', hour, 'renewed', now)
redis.call('EXPIRE', KEYS[1], math.min(idle, absolute))
local others = {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if redis.call('EXISTS', 'device:' .. member) == 0 then
        redis.call('ZREM', KEYS[2], member)
    elseif member ~= id then
        others[#others + 1] = member
    end
end
for at = 1, #others - most + 1 do
    redis.call('DEL', 'device:' .. others[at])
    redis.call('ZREM', KEYS[2], others[at])
end
redis.call('ZADD', KEYS[2], hour, id)
redis.call('EXPIRE', KEYS[2], absolute)
"""

# A secret that is neither the current one nor in its grace was renewed out, or made up by who once held a token of this
# session: somebody else has it. Everything of the session ends, and for a day both hear why.
USE = """
local s = redis.call('HMGET', KEYS[1], 'person', 'account', 'index', 'current', 'opened', 'used', 'reused')
if s[7] then return {'reused'} end
if not s[1] then return {'none'} end
local now = tonumber(redis.call('TIME')[1])
local id = string.sub(KEYS[1], 8)
local until_ = redis.call('HGET', KEYS[1], 'g:' .. ARGV[1])
if s[4] ~= ARGV[1] and not (until_ and now <= tonumber(until_)) then
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', s[3], id)
    redis.call('HSET', KEYS[1], 'reused', 1)
    redis.call('EXPIRE', KEYS[1], ARGV[6])
    return {'reused'}
end
local first = s[2] ~= '' and 2 or 4
local left = tonumber(s[5]) + tonumber(ARGV[first + 1]) - now
if left <= 0 then
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', s[3], id)
    return {'none'}
end
redis.call('EXPIRE', KEYS[1], math.min(tonumber(ARGV[first]), left))
local hour = now - now % 3600
if tonumber(s[6]) ~= hour then
    redis.call('HSET', KEYS[1], 'used', hour)
    redis.call('ZADD', s[3], 'XX', hour, id)
end
return {'ok', s[1], s[2]}
"""

RENEW = """
local current = redis.call('HGET', KEYS[1], 'current')
if not current then return 0 end
local now = tonumber(redis.call('TIME')[1])
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
    if string.sub(all[at], 1, 2) == 'g:' and tonumber(all[at + 1]) < now then
        redis.call('HDEL', KEYS[1], all[at])
    end
end
redis.call('HSET', KEYS[1], 'g:' .. current, now + tonumber(ARGV[2]), 'current', ARGV[1], 'renewed', now)
return 1
"""

CLOSE = """
local index = redis.call('HGET', KEYS[1], 'index')
if index then redis.call('ZREM', index, string.sub(KEYS[1], 8)) end
redis.call('DEL', KEYS[1])
"""

CLOSE_ONE = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
return redis.call('DEL', 'device:' .. ARGV[1])
"""

CLOSE_ALL = """
local members = redis.call('ZRANGE', KEYS[1], 0, -1)
local ended = 0
for _, member in ipairs(members) do ended = ended + redis.call('DEL', 'device:' .. member) end
redis.call('DEL', KEYS[1])
return ended
"""
