#pragma once

// What of nlohmann::json is compiled once, in heavy_headers.cpp, and not in each source that uses
// it: TITAN_INSTANCE is `extern template` in the precompiled headers, and `template` there. It
// declares nothing new, so a source compiles just the same without it.
// docs/adr/0031-compiled-once.md has the reasons.
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#ifndef TITAN_INSTANCE
#define TITAN_INSTANCE extern template
#endif

TITAN_INSTANCE class nlohmann::basic_json<>;
TITAN_INSTANCE class nlohmann::byte_container_with_subtype<std::vector<std::uint8_t>>;
TITAN_INSTANCE class nlohmann::detail::iter_impl<const nlohmann::json>;
TITAN_INSTANCE class nlohmann::detail::json_ref<nlohmann::json>;
TITAN_INSTANCE class nlohmann::detail::json_sax_dom_parser<nlohmann::json>;
TITAN_INSTANCE class nlohmann::detail::json_sax_dom_callback_parser<nlohmann::json>;
TITAN_INSTANCE class nlohmann::detail::lexer<nlohmann::json,
                                             nlohmann::detail::iterator_input_adapter<const char*>>;
TITAN_INSTANCE class nlohmann::detail::lexer<
    nlohmann::json, nlohmann::detail::iterator_input_adapter<std::string::const_iterator>>;
TITAN_INSTANCE class nlohmann::detail::parser<
    nlohmann::json, nlohmann::detail::iterator_input_adapter<const char*>>;
TITAN_INSTANCE class nlohmann::detail::parser<
    nlohmann::json, nlohmann::detail::iterator_input_adapter<std::string::const_iterator>>;
TITAN_INSTANCE class nlohmann::detail::serializer<nlohmann::json>;
TITAN_INSTANCE class std::map<std::string, nlohmann::json, std::less<>>;
TITAN_INSTANCE class std::vector<nlohmann::json>;

#undef TITAN_INSTANCE
