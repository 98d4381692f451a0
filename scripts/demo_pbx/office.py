"""office.py - who works in the office, who calls, and when. All chance comes from one seed."""

import asyncio
import json

from .call import Call

PEOPLE = ('Ana Pérez', 'Luis Gómez', 'Carmen Díaz', 'José Rodríguez', 'María Fernández', 'Pedro Salas', 'Lucía Blanco', 'Andrés Rivas',
          'Elena Torres', 'Miguel Ángel Soto', 'Rosa Medina', 'Iván Castillo', 'Sofía Herrera', 'Diego Núñez', 'Paula Ortega', 'Tomás León',
          'Julia Vargas', 'Héctor Peña', 'Clara Ríos', 'Óscar Vidal')
FIRST_PHONE = 1000
AGENTS = 4  # the last phones
CALLERS = (('Ada Example', '+582122853348'), ('Example Trading', '+582129876543'), ('Charles Sample', '+15557654321'),
           ('', '+584141234567'), ('', '+584125550199'), ('Museo Ejemplo', '+34912345678'), ('', '+584245550123'))


class Office:
    def __init__(self, pbx, chance, speed, busy):
        self.pbx, self.chance, self.speed, self.busy = pbx, chance, speed, busy
        self.people = {str(FIRST_PHONE + place): name for place, name in enumerate(PEOPLE)}
        self.agents = list(self.people)[-AGENTS:]
        self.queue, self.queue_number = 'support@default', '7000'
        self.slots = ['6001', '6002', '6003']
        self.tasks = set()
        for phone in list(self.people)[:-1]:  # one has forgotten to switch it on
            pbx.register(phone)

    # ---- who is free ----

    def is_free(self, phone):
        return phone in self.pbx.phones and all(leg.phone != phone for leg in self.pbx.legs.values())

    def free_phone(self, phones=None):
        free = [phone for phone in phones or self.people if self.is_free(phone)]
        return self.chance.choice(free) if free else None

    def free_agent(self):
        return self.free_phone(self.agents)

    def take_slot(self):
        return self.slots.pop(0) if self.slots else None

    # ---- life ----

    async def live(self):
        for begin in (self.inside, self.inside, lambda: self.outside(self.free_phone()), lambda: self.outside(None)):
            self.start(begin())  # the day has begun already
        while True:
            await asyncio.sleep(self.chance.expovariate(self.busy) / self.speed)
            happening = self.chance.random()
            if happening < 0.04:
                self.start(self.move_phone())
            elif happening < 0.38:
                self.start(self.inside())
            elif happening < 0.72:
                self.start(self.outside(self.free_phone()))
            else:
                self.start(self.outside(None))

    def start(self, coroutine):
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.ended)

    def ended(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            raise task.exception()

    async def inside(self):
        caller = self.free_phone()
        callee = self.free_phone([phone for phone in self.people if phone != caller])
        if caller and callee:
            call = Call(self, self.pbx.create('inbound', caller, self.people[caller], caller, callee))
            await call.run(lambda: call.ring(callee))

    async def outside(self, callee):
        """A call by the trunk, for CALLEE or, without, for the queue."""
        name, number = self.chance.choice(CALLERS)
        call = Call(self, self.pbx.create('inbound', None, name or number, number, callee or self.queue_number))
        await call.run((lambda: call.ring(callee)) if callee else call.wait_in_queue)

    async def move_phone(self):
        phone = self.free_phone(list(self.people)[:-AGENTS])
        if phone:
            self.pbx.unregister(phone)
            await asyncio.sleep(self.chance.uniform(10, 40) / self.speed)
            self.pbx.register(phone)

    # ---- as callboard's directory wants it ----

    def extensions(self):
        """One JSON object a line, for PUT /directory/DOMAIN/extensions."""
        for phone, name in self.people.items():
            yield json.dumps({'name': phone, 'param': {'password': f'{phone}-callboard', 'vm-password': phone},
                              'variable': {'user_context': 'default', 'effective_caller_id_name': name, 'effective_caller_id_number': phone},
                              'attribute': {'number-alias': f'2{phone[1:]}'}}, ensure_ascii=False)

    def group(self):
        """For PUT /directory/DOMAIN/groups/support."""
        return json.dumps({'members': self.agents, 'variable': {'queue': self.queue, 'label': 'Support'}})
