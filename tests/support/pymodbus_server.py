"""A Modbus TCP server by pymodbus that misbehaves on demand.

usage: pymodbus_server.py PORT   (0: any; the port is told as "ready PORT")

Unit 1 has registers 0 to 199 in both tables, each worth its own address plus
1000 (holding) or 2000 (input); others answer with exception 02. Each line on
stdin is a command and is answered by one line: `normal`; `silent` (nothing is
done, nothing answered); `mute` (done, but never answered); `late MS` (answered
that much later, once); `fail` (exception 04 on everything); `get ADDRESS`;
`set ADDRESS VALUE`; `writes` (how many were done); `delayed` (late answers that
were written to a socket that was still open, and the others). End of input ends
the server.
"""
import asyncio
import logging
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.pdu import ModbusExceptions
from pymodbus.server.async_io import ModbusConnectedRequestHandler, ModbusTcpServer

# Its complaints about provoked faults are no news.
logging.disable(logging.CRITICAL)

REGISTERS = 200
HOLDING = 3
WRITES = (5, 6, 15, 16, 22, 23)

mode = "normal"
late_seconds = 0.0
writes = 0
late_open = 0
late_closed = 0

slave = ModbusSlaveContext(
    hr=ModbusSequentialDataBlock(0, [1000 + address for address in range(REGISTERS)]),
    ir=ModbusSequentialDataBlock(0, [2000 + address for address in range(REGISTERS)]),
    zero_mode=True)


class Handler(ModbusConnectedRequestHandler):
    def execute(self, request, *addr):
        global mode, writes
        if mode == "silent":
            return
        if mode == "fail":
            response = request.doException(ModbusExceptions.SlaveFailure)
            response.transaction_id = request.transaction_id
            response.unit_id = request.unit_id
            self.send(response, *addr)
            return
        if request.function_code in WRITES:
            writes += 1
        if mode == "mute":
            request.execute(slave)
        elif mode == "late":
            mode = "normal"
            asyncio.get_running_loop().call_later(late_seconds, self.answer_late, request, *addr)
        else:
            super().execute(request, *addr)

    def answer_late(self, request, *addr):
        global late_open, late_closed
        if self.transport.is_closing():
            late_closed += 1
        else:
            late_open += 1
            super().execute(request, *addr)


def obey(words):
    global mode, late_seconds
    if words[0] == "get":
        return str(slave.getValues(HOLDING, int(words[1]), 1)[0])
    if words[0] == "set":
        slave.setValues(HOLDING, int(words[1]), [int(words[2])])
        return "ok"
    if words[0] == "writes":
        return str(writes)
    if words[0] == "delayed":
        return f"{late_open} {late_closed}"
    mode = words[0]
    if mode == "late":
        late_seconds = int(words[1]) / 1000
    return "ok"


async def main():
    server = ModbusTcpServer(
        ModbusServerContext(slaves={1: slave}, single=False), address=("127.0.0.1", int(sys.argv[1])),
        handler=Handler, allow_reuse_address=True, ignore_missing_slaves=True)
    serving = asyncio.create_task(server.serve_forever())
    await server.serving
    print("ready", server.server.sockets[0].getsockname()[1], flush=True)
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        print(obey(line.decode().split()), flush=True)
    serving.cancel()


try:
    asyncio.run(main())
except asyncio.CancelledError:
    pass
