#pragma once

#include <string>
#include <utility>
#include <variant>

namespace voltaic::messages {

/// Why something was refused, in words that name the place: file and line, peer or key.
struct failure {
  std::string text;
  friend bool operator==(const failure&, const failure&) = default;
};

/// A value or the reason why there is none, for failures that are expected
/// (bad input, an absent peer). Broken invariants are assertions, not errors.
template <class T>
class expected {
 public:
  expected(T value) : content_(std::in_place_index<0>, std::move(value)) {}         // NOLINT
  expected(failure reason) : content_(std::in_place_index<1>, std::move(reason)) {} // NOLINT
  [[nodiscard]] bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] T& value() & { return std::get<0>(content_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(content_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(content_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const failure& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, failure> content_;
};

} // namespace voltaic::messages
