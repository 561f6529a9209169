#pragma once

namespace voltaic::actors::simulator {

/// The share of the rated current, 0 to 1, that a slave module lets its cells be
/// charged with at a temperature in degC: all of it from 10 to 45.
[[nodiscard]] double charge_share(double temperature_c);
/// The same for discharge: all of it from -10 to 50 degC.
[[nodiscard]] double discharge_share(double temperature_c);

} // namespace voltaic::actors::simulator
