"""The agent reads the resources of a service on its own host, so CPU ms per response is known for other machines too.

`make agent` there finds the process tree that listens on a port, and responds to GET (Authorization: Bearer …):

- `/reading`: what the tree uses at this moment, a `Reading` as JSON;
- `/samples`: a `Reading` at once and in every `sampler.INTERVAL_S`, one a line, until the service ends, with PSS in
  one of `sampler.PSS_EVERY`;
- `/uss`: the memory in bytes that would be freed if the tree ended, `null` where that can't be seen.

A request without the token gets 401; when the service has ended, the response is 410, also if it was started
again: then the agent must be, too.

How exact that is: a reading is taken after it was asked for, and before it is heard. The one before a slice is heard
before the slice begins, the one after it follows the slice's last response: so all of the slice's CPU time is
in their difference, and besides only what the service does by itself in a few round trips, while nobody asks it
anything. Clocks play no part in that. A sample's time does depend on them: the agent's clock is compared with the lab's
by the reading that was heard soonest after it was asked for, so it is wrong by half of that round trip at most
(Cristian, Probabilistic Clock Synchronization, 1989).
"""
