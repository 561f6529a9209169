#pragma once
// The rewritten sources compare what no hand-written code would: no warnings from here.
#pragma GCC system_header

#include <cstdlib>
#include <type_traits>

/// What `schemata.py` writes into the sources in place of comparisons, conditions, delays and
/// statements: each does what stood there, unless it is the mutant that
/// `VOLTAIC_MUTANT` names.
namespace voltaic::mutants {

/// Number of the mutant that is switched on; 0: none.
inline const unsigned active = [] {
  const char* text = std::getenv("VOLTAIC_MUTANT");
  return text == nullptr ? 0U : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}();

constexpr bool is_active(unsigned id) {
  return !std::is_constant_evaluated() && id == active;
}

// Of each comparison: `id` moves its boundary (or negates an equality), `id + 1` negates it.
template <class Left, class Right>
constexpr bool less(unsigned id, const Left& left, const Right& right) {
  if (is_active(id)) return left <= right;
  return is_active(id + 1) ? !(left < right) : left < right;
}
template <class Left, class Right>
constexpr bool less_equal(unsigned id, const Left& left, const Right& right) {
  if (is_active(id)) return left < right;
  return is_active(id + 1) ? !(left <= right) : left <= right;
}
template <class Left, class Right>
constexpr bool greater(unsigned id, const Left& left, const Right& right) {
  if (is_active(id)) return left >= right;
  return is_active(id + 1) ? !(left > right) : left > right;
}
template <class Left, class Right>
constexpr bool greater_equal(unsigned id, const Left& left, const Right& right) {
  if (is_active(id)) return left > right;
  return is_active(id + 1) ? !(left >= right) : left >= right;
}
template <class Left, class Right>
constexpr bool equal(unsigned id, const Left& left, const Right& right) {
  return is_active(id) ? !(left == right) : left == right;
}
template <class Left, class Right>
constexpr bool unequal(unsigned id, const Left& left, const Right& right) {
  return is_active(id) ? left == right : !(left == right);
}

/// One connective becomes the other; the right side is looked at only where it would be.
template <class Left, class Right>
constexpr bool both(unsigned id, Left left, Right right) {
  return is_active(id) ? (left() || right()) : (left() && right());
}
template <class Left, class Right>
constexpr bool either(unsigned id, Left left, Right right) {
  return is_active(id) ? (left() && right()) : (left() || right());
}

/// A yes becomes a no.
constexpr bool flip(unsigned id, bool value) {
  return is_active(id) ? !value : value;
}

/// A delay is doubled by `id`, and halved by `id + 1`.
template <class Number>
constexpr Number delay(unsigned id, Number value) {
  if (is_active(id)) return static_cast<Number>(value * 2);
  return is_active(id + 1) ? static_cast<Number>(value / 2) : value;
}

/// False: the statement is left out.
constexpr bool keep(unsigned id) {
  return !is_active(id);
}

/// One cell of a table of transitions, of `columns` columns: where it leads somewhere, it leads
/// nowhere; where it leads nowhere, it leads to `other`, and from there to the first state.
template <class State, class Event>
constexpr State cell(unsigned first_id, State from, Event happened, State next, State other,
                     unsigned columns) {
  const auto id =
      first_id + static_cast<unsigned>(from) * columns + static_cast<unsigned>(happened);
  if (!is_active(id)) return next;
  if (next != from) return from;
  return from == other ? State{} : other;
}

/// The same, where the field of the table is asked for.
template <class State, class Event, class Field>
constexpr Field field(unsigned first_id, State from, Event happened, Field found, State other,
                      unsigned columns) {
  const auto id =
      first_id + static_cast<unsigned>(from) * columns + static_cast<unsigned>(happened);
  if (!is_active(id)) return found;
  using stay = decltype(found.why);
  if (found.why == stay::none) return {from, stay::pointless};
  return {from == other ? State{} : other, stay::none};
}

} // namespace voltaic::mutants
