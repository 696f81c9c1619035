-- What wrk sends: one kind of request, over ids and bodies read from files beside the data.
local operation = os.getenv("OPERATION")
local base = os.getenv("BASE")
local counter = 0

local function lines(name)
    local found = {}
    for line in io.lines(os.getenv("FOLDER") .. "/" .. name) do found[#found + 1] = line end
    return found
end

local ids, bodies, words = lines("ids"), lines("bodies"), lines("words")
local headers = {
    ["Authorization"] = "Bearer " .. os.getenv("KEY"),
    ["Content-Type"] = "application/json",
}

local requests = {
    floor = function() return wrk.format("GET", "/floor") end,
    get = function(i) return wrk.format("GET", base .. "/tickets/" .. ids[i % #ids + 1], headers) end,
    list = function()
        return wrk.format("GET", base .. "/tickets?status=open&priority=normal", headers)
    end,
    search = function(i)
        return wrk.format("GET", base .. "/tickets?search=" .. words[i % #words + 1], headers)
    end,
    patch = function(i)
        local body = string.format('{"status":"%s","notes":"note %d"}',
            i % 2 == 0 and "open" or "pending", i)
        return wrk.format("PATCH", base .. "/tickets/" .. ids[i % #ids + 1], headers, body)
    end,
    create = function(i)
        return wrk.format("POST", base .. "/tickets", headers, bodies[i % #bodies + 1])
    end,
    message = function(i)
        local path = base .. "/tickets/" .. ids[i % #ids + 1] .. "/messages"
        return wrk.format("POST", path, headers, '{"content":"Thank you, we are looking into it."}')
    end,
}

math.randomseed(os.time())
local start = math.random(1, 1000000)

function request()
    counter = counter + 1
    return requests[operation](start + counter * 7919)
end

function done(summary, latency, _)
    local wrong = summary.errors.status + summary.errors.connect + summary.errors.read
        + summary.errors.write + summary.errors.timeout
    io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration,
        latency:percentile(99), wrong))
end
