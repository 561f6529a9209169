# What `fuzz_parsers` compiles with sanitizers: FOLDER:NAMES of sources.
set(FUZZ_PARSERS
  "messages:text_encoding toml_text"
  "messages/can:cannelloni logs/asc logs/candump logs/gvret logs/log_reader logs/python_can logs/slcan logs/socketcand logs/text logs/trc"
  "messages/canopen:block_transfer data_type eds_compact eds_literal eds_load eds_objects emergency ini lss sdo_client sdo_client_blocks sdo_frame sdo_server sdo_server_blocks sdo_trace sdo_transfer"
  "messages/codec:codec read"
  "messages/dbc:apply_attributes attribute_reader cursor decode load read_statements resolve selectors tokens"
  "messages/inverter:codec load_frames load_inverter"
  "messages/iso_tp:frame link"
  "messages/j1939:address_claim assembly diagnostics memory_access packet receiving_session sending_session transfer_control transport transport_listener"
  "messages/modbus:frame pdu"
  "messages/serial:codec dialect framing receiver"
  "messages/profiles:answer_plan decode_plan decode_plan_compiler json_tree load load_commands load_guards load_messages load_points load_registers load_requests load_serial profile_reader"
  "messages/signatures:signature"
  "messages/uds:read"
  "bus/can:socketcan/error_frame socketcan/frame_layout socketcan/interface socketcan/setup_request virtual/packet"
  "bus/message:bundle"
  "nodes/site:expand toml_section")
