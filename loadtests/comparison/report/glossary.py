"""The field's terms that the report uses, each in a sentence."""

TERMS = {
    "contender": "One server configuration under test: app, server, worker class, workers, threads, pool size.",
    "workload": "A weighted mix of requests with seeded parameters.",
    "profile": "The kind of load. In closed load, each user waits for a response before the next request. In open "
    "load, requests arrive by a schedule, whether or not earlier ones have their response.",
    "slice, block, pair": "A slice is a stretch of load on one contender. A pair is a fresh process of each, or of all "
    "where several are compared; these are loaded in turn, slice by slice; one contender's slices "
    "of a pair are its block. Verdicts are made from pairs, for requests within a block are not independent.",
    "service time": "From the moment a request was sent until its response was read.",
    "response time": "From the moment a request was meant to leave until its response was read: what a user waits. In "
    "closed load it is the service time.",
    "p50, p95, p99": "Percentiles: p99 is the time that 99 of 100 requests did not exceed.",
    "ratio and interval": "b divided by a, as the geometric mean over pairs, and a range around it: of 100 such "
    "comparisons about 95 have a range that holds the true ratio (a t interval over the pairs' log ratios; from three "
    "sessions on, over the sessions' mean log ratios). Where several contenders are compared with the first, about 95 "
    "of 100 have ranges of a metric that all hold the true ratio (Bonferroni).",
    "primary metric": "One that carries a verdict: throughput at peak, CPU per response and p95 at a fixed rate, "
    "memory, failures. All others, and single endpoints, describe: they have an interval and no verdict.",
    "Holm's p": "How likely so large a difference would be by chance alone, corrected for the number of primary "
    "metrics of all contenders.",
    "better, worse": "A difference that is more than chance and more than the noise floor, in the direction that is "
    "good for the metric: more responses, less CPU, less memory, sooner, fewer failures. A side that fails more "
    "requests than the other is not called better in that profile.",
    "equivalent": "The whole interval lies within ±5%: a difference, if any, is too small to matter.",
    "inconclusive": "Neither: more pairs, or a quieter machine, might decide it. Beside it stands the smallest true "
    "difference that such a run shows in 8 of 10 tries.",
    "∞": "No correct response came: a failure or a dropped arrival is a response that takes for ever, and a burst "
    "without recovery has no end. Such pairs are compared by ranks: the middle is then the median.",
    "noise floor": "How far a contender seemed to differ from itself on this machine. No difference below it is real.",
    "bottleneck": "What limited a block: the server's CPU, its threads or pool, Elasticsearch, the load generator, or "
    "nothing. A block that the generator limited is INVALID, not slow, and its whole pair is left out.",
    "dropped": "An arrival that found as many requests under way as may be: the server's failure, never delayed.",
    "points": "Percentage points: from 1% to 3% of requests are 2 points.",
    "in flight": "Requests that have arrived and have no response yet.",
    "Little's law": "In closed load, users = throughput × response time. Where that does not hold, something was "
    "measured wrongly.",
    "p99 lateness": "How late the generator was, at most, with all but 1% of its requests.",
}
