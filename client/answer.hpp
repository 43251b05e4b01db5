#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/http.hpp"
#include "client/client.hpp"

// How the answers of docs/spec/http-api.md are read. Used by client.cpp alone.
namespace titan::client {

// The Error that an answer with a status of 300 or more stands for: what its body says, or, when
// it says nothing that can be read, what its status means.
Error error_of(const HttpResponse& response);

// What its body says beside that; what cannot be read is left out.
Refusal read_refusal(const HttpResponse& response);

// What the errors of these become: a wrong answer is no fault of the caller's input.
Error wrong_answer(const Error& error);
template <class Value>
Result<Value> checked(Result<Value> value) {
  if (!value) return wrong_answer(value.error());
  return value;
}

// All of these: internal when the answer is not what the API promises.
Result<nlohmann::json> json_of(const HttpResponse& response);
Result<model::Entity> read_entity(const nlohmann::json& json);
Result<WriteResult> read_write_result(const HttpResponse& response);
// With an item for each of `changes` when it is committed.
Result<BatchResult> read_batch_result(const HttpResponse& response, std::size_t changes);
Result<ChangeStatus> read_change_status(const nlohmann::json& json);
Result<SyncAnswer> read_sync_answer(std::string_view host, const HttpResponse& response);
Result<HostChanges> read_host_changes(const nlohmann::json& json);
Result<ReceivedReport> read_received_report(const nlohmann::json& json);
Result<HostState> read_host_state(const nlohmann::json& json);
Result<DeploymentHost> read_deployment_host(const nlohmann::json& json);
Result<ChangePage> read_change_page(const nlohmann::json& json);
Result<ServerStatus> read_status(const nlohmann::json& json);
Result<Whoami> read_whoami(const nlohmann::json& json);
Result<LoginProvider> read_login_provider(const nlohmann::json& json);
Result<LoginAnswer> read_login_answer(const nlohmann::json& json);
Result<Permission> read_permission(const nlohmann::json& json);
Result<WaitingDevice> read_waiting_device(const nlohmann::json& json);
// The field `key` of the server's identity.
Result<PublicKey> read_server_key(const nlohmann::json& json);

// Adds the entities of a page to `list`, and takes its bookmark.
Result<void> read_list_page(const nlohmann::json& json, EntityList& list);
// The array `items` of a list.
Result<nlohmann::json> read_items(const nlohmann::json& json);
// The token for the next page; "" on the last.
Result<std::string> read_continue(const nlohmann::json& json);
// The seconds of Retry-After (RFC 9110, section 10.2.3), at most kPollAfterMax. Its other form,
// a date, is none: hosts do not trust their clocks.
std::optional<std::chrono::seconds> read_retry_after(const HttpResponse& response);

}  // namespace titan::client
