#pragma once

#include "nodes/site/draft.hpp"
#include "nodes/site/site_files.hpp"

/// From a draft to a plan: names become references, files are read, nodes are
/// laid out, and what the site asks for is compared with what is possible.
namespace voltaic::nodes::site {

/// Resolves buses, lines, devices and racks; reads profiles and protection files
/// from `files`. Racks of `result` stand in the draft's order, as do devices.
void resolve(const draft& source, plan& result, site_files& files, reporter& report);

/// Lays the actors out in nodes.
void place(const draft& source, plan& result, reporter& report);

/// Bus loads, identifiers, reaction times, socket paths.
void judge(const draft& source, plan& result, reporter& report);

} // namespace voltaic::nodes::site
