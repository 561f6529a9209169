// Prints the cell voltages of a running site, knowing nothing but the schema:
//   voltaic_subscriber "$(voltaic status --relay)"
// docs/open-bus.md explains every step.
#include <capnp/serialize.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <zmq.hpp>

#include "messages/schema/voltaic.capnp.h"

using namespace voltaic::messages::schema;

struct known_point {
  std::string name;
  std::uint64_t fingerprint = 0;
  double scale = 1, offset = 0;
};
std::map<std::pair<std::string, unsigned>, known_point> points; // by owner and position

void learn(Catalogue::Reader said) {
  for (unsigned i = 0; i < said.getPoints().size(); ++i) {
    const auto point = said.getPoints()[i];
    points[{said.getOwner(), i}] = {point.getName(), said.getFingerprint(), point.getScale(),
                                    point.getOffset()};
  }
}

void print_cells(Telemetry::Reader said) {
  for (const auto block : said.getBlocks()) {
    const auto& point = points[{said.getOwner(), block.getPoint()}];
    if (!point.name.ends_with("/cell_voltage") || point.fingerprint != said.getFingerprint() ||
        !block.getValues().isWords() || block.getQuality() != Quality::GOOD)
      continue;
    for (unsigned i = 0; const auto raw : block.getValues().getWords())
      std::printf("%s[%u] %.3f V\n", point.name.c_str(), block.getFirstIndex() + i++,
                  raw * point.scale + point.offset);
  }
  std::fflush(stdout);
}

int main(int count, char** arguments) {
  if (count != 2) return std::fputs("usage: voltaic_subscriber RELAY\n", stderr), 2;
  zmq::context_t context;
  zmq::socket_t bus(context, zmq::socket_type::sub);
  bus.connect(std::string(arguments[1]) + ".sub");
  char state[9]; // a topic of our own: the relay answers it with the full state
  std::snprintf(state, sizeof state, "s%07x", static_cast<unsigned>(::getpid()) & 0xfffffffu);
  bus.set(zmq::sockopt::subscribe, state);
  bus.set(zmq::sockopt::subscribe, "t"); // and telemetry from now on
  for (zmq::message_t bundle; bus.recv(bundle);) {
    auto words = kj::heapArray<capnp::word>(bundle.size() / sizeof(capnp::word)); // aligned
    std::memcpy(words.begin(), bundle.data(), words.asBytes().size());
    for (std::size_t at = 1, size = 0; at < words.size(); at += size) { // behind the topic
      std::memcpy(&size, &words[at++], sizeof size);
      size /= sizeof(capnp::word);
      capnp::FlatArrayMessageReader frame(words.slice(at, at + size));
      const auto payload = frame.getRoot<Envelope>().getPayload();
      if (payload.isCatalogue()) learn(payload.getCatalogue());
      if (payload.isTelemetry()) print_cells(payload.getTelemetry());
    }
  }
}
