"""Reads and writes a server of 200 registers by pymodbus, and compares.

usage: pymodbus_client.py HOST:PORT | TTY   prints "done", or what was wrong

Registers are worth their addresses, but input 7, which is 65534. Left behind are
holding 50 (4711), 60 and 61 (1 and 65535), and 4 after a mask write (0x17).
"""
import sys

from pymodbus.client import ModbusSerialClient, ModbusTcpClient

UNIT = 1
peer = sys.argv[1]
if ":" in peer:
    host, port = peer.split(":")
    client = ModbusTcpClient(host, port=int(port))
else:
    client = ModbusSerialClient(peer, baudrate=115200, parity="N", timeout=2)


def expect(what, is_so):
    if not is_so:
        print(what)
        sys.exit(1)


def registers(answer):
    return None if answer.isError() else answer.registers


expect("connect", client.connect())
expect("read 120", registers(client.read_holding_registers(0, 120, slave=UNIT))
       == list(range(120)))
expect("read input", registers(client.read_input_registers(5, 3, slave=UNIT)) == [5, 6, 65534])
expect("write one", not client.write_register(50, 4711, slave=UNIT).isError())
expect("write many", not client.write_registers(60, [1, 65535], slave=UNIT).isError())
expect("read back", registers(client.read_holding_registers(60, 2, slave=UNIT)) == [1, 65535])
client.write_register(4, 0x12, slave=UNIT)
expect("mask", not client.mask_write_register(4, 0xF2, 0x25, unit=UNIT).isError())
both = client.readwrite_registers(read_address=100, read_count=2, write_address=101,
                                  write_registers=[7], unit=UNIT)
expect("read and write", registers(both) == [100, 7])
beyond = client.read_holding_registers(199, 2, slave=UNIT)
expect("exception 02", beyond.isError() and beyond.exception_code == 2)
print("done")
