"""call.py - what becomes of one call: it rings, is answered, held, transferred, parked, queued, and ends."""

import asyncio


class Asked(Exception):
    """Somebody has asked something of LEG by the event socket: see commands.py."""

    def __init__(self, leg):
        super().__init__(leg)
        self.leg = leg
        self.what, self.argument = leg.asked
        leg.asked = None


class Call:
    """Steps of a call; each does its part and returns the next one, or None at the end."""

    def __init__(self, office, leg):
        self.office, self.pbx, self.chance, self.leg = office, office.pbx, office.chance, leg
        self.peer = None
        self.cause = 'NORMAL_CLEARING'

    async def run(self, step):
        while step:
            try:
                step = await step()
            except Asked as asked:
                step = self.obey(asked)
        self.pbx.hang_up(self.leg, self.peer, cause=self.cause)

    def obey(self, asked):
        """The next step after what was ASKED of a leg: that one goes on, the other one is let go."""
        if asked.what == 'kill':
            self.cause = asked.argument
            return None
        if asked.leg is self.peer:
            self.leg, self.peer = self.peer, self.leg
        self.part()
        steps = {'transfer': self.route, 'inline': self.inline, 'park': lambda _: self.wait_parked()}
        return lambda: steps[asked.what](asked.argument)

    async def pause(self, seconds):
        """Waits, unless somebody asks something of a leg."""
        left = seconds / self.office.speed
        while left > 0:
            for leg in (self.leg, self.peer):
                if leg and leg.asked:
                    raise Asked(leg)
            await asyncio.sleep(min(left, 0.1))
            left -= 0.1

    def part(self):
        """Lets the other leg go; this one stays."""
        peer, self.peer = self.peer, None
        if not peer:
            return
        if peer.times['Bridged']:
            self.pbx.unbridge(self.leg, peer)
        self.leg.other = None
        self.pbx.hang_up(peer)

    def reach(self, phone):
        """A leg to PHONE, that rings."""
        self.peer = self.pbx.create('outbound', phone, self.leg.caller_name, self.leg.caller_number, phone, other=self.leg)
        self.pbx.progress(self.peer)

    # ---- what somebody asked ----

    async def route(self, destination):
        """As the dialplan does: a phone, the queue, or nobody."""
        self.leg.destination = destination
        if destination == self.office.queue_number:
            return await self.wait_in_queue()
        if destination in self.office.people:
            return await self.ring(destination)
        self.cause = 'NO_ROUTE_DESTINATION'
        return None

    async def inline(self, applications):
        """Runs APPLICATIONS, [(name, arguments)]."""
        for name, data in applications:
            self.pbx.execute(self.leg, name, data)
            if name == 'set':
                variable, _, value = data.partition('=')
                self.leg.variables[variable] = value
            elif name == 'eavesdrop':
                await self.eavesdrop(data)
            self.pbx.executed(self.leg)
        return None

    async def eavesdrop(self, target):
        self.pbx.answer(self.leg)
        while target in self.pbx.legs:
            await self.pause(0.5 * self.office.speed)

    async def wait_parked(self):
        """Until somebody asks for it, or park_timeout is over."""
        self.pbx.answer(self.leg)
        self.pbx.park(self.leg)
        try:
            await self.pause(float(self.leg.variables.get('park_timeout', 86400)) * self.office.speed)
        finally:
            self.pbx.unpark(self.leg)
        return None

    # ---- steps ----

    async def ring(self, destination):
        self.leg.destination = destination
        self.pbx.execute(self.leg, 'bridge', f'user/{destination}@{self.pbx.domain}')
        if not self.office.is_free(destination):
            await self.pause(2)
            return self.voicemail
        self.reach(destination)
        patience = self.chance.uniform(3, 14)
        await self.pause(patience)
        if patience > 11:
            self.pbx.hang_up(self.peer, cause='NO_ANSWER')
            self.peer = self.leg.other = None
            return self.voicemail if self.chance.random() < 0.5 else None
        return self.talk

    async def talk(self):
        self.pbx.answer(self.peer)
        self.pbx.answer(self.leg)
        self.pbx.bridge(self.leg, self.peer)
        await self.pause(self.chance.uniform(8, 60))
        turn = self.chance.random()
        if turn < 0.22:
            await self.hold()
        elif turn < 0.32:
            return self.transfer
        elif turn < 0.42:
            self.part()
            return self.park
        await self.pause(self.chance.uniform(4, 50))
        return None

    async def hold(self):
        holder = self.peer
        self.pbx.hold(holder, True)
        await self.pause(self.chance.uniform(6, 20))
        self.pbx.hold(holder, False)

    async def transfer(self):
        target = self.office.free_phone()
        if not target:
            return None
        self.part()
        return await self.ring(target)

    async def park(self):
        slot = self.office.take_slot()
        if not slot:
            return None
        self.pbx.answer(self.leg)
        self.pbx.execute(self.leg, 'valet_park', f'office {slot}')
        lot = {'Valet-Lot-Name': 'office', 'Valet-Extension': slot}
        self.pbx.emit('CUSTOM', self.leg, subclass='valet_parking::info', first=lot | {'Action': 'hold'})
        try:
            await self.pause(self.chance.uniform(10, 30))
        finally:
            self.office.slots.append(slot)
            self.pbx.emit('CUSTOM', self.leg, subclass='valet_parking::info', first=lot | {'Action': 'exit'})
            self.pbx.executed(self.leg)
        target = self.office.free_phone()
        return (lambda: self.ring(target)) if target else None

    async def voicemail(self):
        self.pbx.answer(self.leg)
        self.pbx.execute(self.leg, 'voicemail', f'default {self.pbx.domain} {self.leg.destination}')
        await self.pause(self.chance.uniform(6, 18))
        self.pbx.executed(self.leg)
        return None

    # ---- the queue ----

    def center(self, action, leg=None, **more):
        member = {'CC-Member-UUID': self.leg.uuid, 'CC-Member-Session-UUID': self.leg.uuid,
                  'CC-Member-CID-Name': self.leg.caller_name, 'CC-Member-CID-Number': self.leg.caller_number}
        fields = {name.replace('_', '-'): value for name, value in more.items()}
        self.pbx.emit('CUSTOM', leg, subclass='callcenter::info',
                      last={'CC-Queue': self.office.queue, 'CC-Action': action} | fields | member)

    async def wait_in_queue(self):
        self.pbx.answer(self.leg)
        self.pbx.execute(self.leg, 'callcenter', self.office.queue)
        self.leg.variables['cc_side'] = 'member'
        self.center('member-queue-start', self.leg)
        try:
            agent = await self.find_agent()
            if agent:
                self.center('bridge-agent-start', self.peer, CC_Agent=agent)
                await self.talk()
                self.center('bridge-agent-end', self.peer, CC_Agent=agent, CC_Hangup_Cause='SUCCESS')
        finally:
            cause = {'CC_Cause': 'Terminated', 'CC_Hangup_Cause': 'SUCCESS'} if self.peer else {'CC_Cause': 'Cancel', 'CC_Cancel_Reason': 'BREAK_OUT'}
            self.center('member-queue-end', self.leg, **cause)
            self.pbx.executed(self.leg)
        return None

    async def find_agent(self):
        """The agent who has taken the call, and is self.peer; None when the caller has had enough."""
        patience = self.chance.uniform(20, 90)
        while patience > 0:
            wait = self.chance.uniform(3, 9)
            patience -= wait
            await self.pause(wait)
            phone = self.office.free_agent()
            if not phone:
                continue
            self.center('agent-offering', CC_Agent=phone, CC_Agent_Type='callback')
            self.reach(phone)
            self.peer.variables |= {'cc_side': 'agent', 'cc_queue': self.office.queue}
            await self.pause(self.chance.uniform(3, 8))
            if self.chance.random() < 0.75:
                return phone
            self.center('bridge-agent-fail', CC_Agent=phone, CC_Hangup_Cause='NO_ANSWER')
            self.pbx.hang_up(self.peer, cause='NO_ANSWER')
            self.peer = self.leg.other = None
        return None
