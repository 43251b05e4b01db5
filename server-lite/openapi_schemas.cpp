#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/kind.hpp"
#include "model/limits.hpp"
#include "server-lite/limits.hpp"
#include "server-lite/oidc/limits.hpp"
#include "server-lite/openapi.hpp"
#include "store/limits.hpp"

namespace titan::server_lite {
namespace {

using model::Kind;
using nlohmann::json;

// ---- how schemas are written -------------------------------------------------------------------

json use(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

json or_null(const std::string& schema) {
  return {{"anyOf", {use(schema), {{"type", "null"}}}}};
}

json list_of(const std::string& schema) {
  return {{"type", "array"}, {"items", use(schema)}};
}

json list_of(const std::string& schema, std::size_t items_max) {
  return {{"type", "array"}, {"items", use(schema)}, {"maxItems", items_max}};
}

json one_of(std::vector<std::string> words) {
  return {{"type", "string"}, {"enum", std::move(words)}};
}

json text(const std::string& description, std::size_t bytes_max, const std::string& example) {
  return {{"type", "string"},
          {"description", description},
          {"maxLength", bytes_max},
          {"examples", {example}}};
}

json pattern(const std::string& description, const std::string& regex, const std::string& example) {
  return {{"type", "string"},
          {"description", description},
          {"pattern", regex},
          {"examples", {example}}};
}

json number(std::uint64_t least, std::uint64_t most) {
  return {{"type", "integer"}, {"format", "int64"}, {"minimum", least}, {"maximum", most}};
}

constexpr std::uint64_t kNumberMax = INT64_MAX;

struct Field {
  enum class Presence { always, maybe };

  std::string name;
  json schema;
  std::string description;
  Presence presence = Presence::always;
};
constexpr auto kMaybe = Field::Presence::maybe;

// `closed`: a field that is not named is refused.
json object_of(const std::string& description, const std::vector<Field>& fields,
               bool closed = false) {
  json properties = json::object();
  json required = json::array();
  for (const Field& field : fields) {
    json schema = field.schema;
    if (!field.description.empty()) schema["description"] = field.description;
    properties[field.name] = std::move(schema);
    if (field.presence == Field::Presence::always) required.push_back(field.name);
  }
  json object = {
      {"type", "object"}, {"description", description}, {"properties", std::move(properties)}};
  if (!required.empty()) object["required"] = std::move(required);
  if (closed) object["additionalProperties"] = false;
  return object;
}

json with_example(json schema, json example) {
  schema["examples"] = json::array({std::move(example)});
  return schema;
}

// ---- small types -------------------------------------------------------------------------------

constexpr const char* kLabelKey = "^[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?$";
constexpr const char* kLabelValue = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$";

json names_of_kinds() {
  json names = json::array();
  for (const Kind kind : model::kKinds) names.push_back(model::name_of(kind));
  return names;
}

void add_texts(json& schemas) {
  json name = pattern("Of an entity: unique for its kind, in its workspace.",
                      "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "temperature-sensor");
  name["maxLength"] = model::kNameBytesMax;
  schemas["Name"] = std::move(name);
  schemas["Text"] = {{"type", "string"}};
  schemas["Flag"] = {{"type", "boolean"}};
  schemas["PageLimit"] = number(1, kPageItemsMax);
  schemas["PageLimit"]["default"] = kPageItemsDefault;
  schemas["Bytes"] = {{"type", "string"}, {"format", "binary"}};
  schemas["Time"] = {{"type", "string"},
                     {"format", "date-time"},
                     {"description", "RFC 3339; the server gives UTC with microseconds."},
                     {"examples", {"2026-03-01T12:00:00.000000Z"}}};
  schemas["Duration"] = pattern("Whole numbers with d, h, m, s, in this order; at most 3660 days.",
                                "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "1h30m");
  schemas["Duration"]["minLength"] = 2;
  schemas["Digest"] =
      pattern("SHA-256.", "^sha256:[0-9a-f]{64}$",
              "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae");
  schemas["MaybeDigest"] = pattern("A digest, or empty for none.", "^(sha256:[0-9a-f]{64})?$", "");
  schemas["Bookmark"] = pattern("A place in the change log of one store.",
                                "^[0-9a-f]{16}\\.(0|[1-9][0-9]*)$", "0123456789abcdef.42");
  schemas["MaybeBookmark"] =
      pattern("A bookmark, or empty for none.", "^([0-9a-f]{16}\\.(0|[1-9][0-9]*))?$", "");
  schemas["Since"] = text("A bookmark, or an RFC 3339 time.", 64, "0123456789abcdef.42");
  schemas["Key"] = text(
      "`<organization>/<kind>/<name>`, with the workspace before the name for "
      "kinds that are in one.",
      4 * model::kNameBytesMax, "default/deployment/default/prod");
  schemas["RevisionTag"] = pattern("A revision in double quotes.", "^\"[0-9]+\"$", "\"3\"");
  schemas["Selector"] = text("Clauses with commas between; all must hold.",
                             model::kSelectorBytesMax, "region in (eu,us),!gpu,tier!=db");
  schemas["LabelText"] = text("`name=value`, with commas between.", kTargetBytesMax, "owner=tim");
  schemas["StatusText"] = text("Statuses, with commas between, in any case.", 256, "READY,MISSING");
  schemas["KindWord"] = text("A kind in any of its forms.", 64, "deployment");
  schemas["Kind"] = {{"type", "string"}, {"enum", names_of_kinds()}};
  schemas["Status"] = one_of(
      {"INITIALIZED", "CREATING", "READY", "UPDATING", "DELETING", "DELETED", "ERROR", "MISSING"});
  schemas["Reasons"] = {
      {"type", "array"},
      {"items", {{"type", "string"}}},
      {"maxItems", model::kReasonsMax},
      {"description", "Why it has its status; never empty with ERROR or MISSING."}};
  schemas["Values"] = {
      {"type", "object"},
      {"description", "What templates are filled with: any JSON, at most 256 KiB and 32 levels."},
      {"examples", {{{"intervalSeconds", 5}}}}};
  schemas["Labels"] = {
      {"type", "object"},
      {"description", "What targets match."},
      {"maxProperties", model::kLabelsMax},
      {"propertyNames", {{"pattern", kLabelKey}, {"maxLength", model::kLabelKeyBytesMax}}},
      {"additionalProperties",
       {{"type", "string"}, {"pattern", kLabelValue}, {"maxLength", model::kLabelValueBytesMax}}},
      {"examples", {{{"site", "lab"}}}}};
  schemas["Tags"] = {
      {"type", "object"},
      {"description", "Free metadata."},
      {"maxProperties", model::kLabelsMax},
      {"propertyNames", {{"pattern", kLabelKey}, {"maxLength", model::kLabelKeyBytesMax}}},
      {"additionalProperties", {{"type", "string"}, {"maxLength", model::kTagValueBytesMax}}},
      {"examples", {{{"owner", "tim"}}}}};
}

// ---- specs -------------------------------------------------------------------------------------

json template_file() {
  json mode = pattern("Permission bits, octal.", "^[0-7]{1,4}$", "0644");
  mode["default"] = "0644";
  return object_of(
      "One file; its content is a blob.",
      {{"path",
        {{"type", "string"}, {"maxLength", 4096}, {"examples", {"root/etc/motd"}}},
        "Relative; may hold placeholders."},
       {"mode", std::move(mode), "", kMaybe},
       {"digest", use("Digest"), ""},
       {"size", number(0, model::kTemplateFileBytesMax), "Bytes.", kMaybe},
       {"owner",
        {{"type", "string"}, {"maxLength", model::kOwnerBytesMax}, {"examples", {"root:adm"}}},
        "Whose the placed file is: `user` or `user:group`, names or numbers.",
        kMaybe},
       {"escape", one_of({"plain", "json", "yaml", "shell", "systemd", "toml", "ini", "xml"}),
        "How values are escaped in it; else by its name.", kMaybe}},
      true);
}

void add_hooks(json& schemas) {
  const json file = {{"type", "string"}, {"maxLength", 4096}};
  schemas["HookRule"] =
      object_of("One hook of a template.",
                {{"file", file, "Below `hooks/`; by the hook's name when left out.", kMaybe},
                 {"timeout", use("Duration"), "Up to 1h; 5m when left out.", kMaybe}},
                true);
  schemas["Hooks"] = object_of(
      "Programs of the template that hosts run.",
      {{"preApply", use("HookRule"), "Before anything of the host is touched.", kMaybe},
       {"postApply", use("HookRule"), "Once the driver is done, before health is checked.", kMaybe},
       {"preRemove", use("HookRule"), "Before the deployment leaves.", kMaybe}},
      true);
}

json template_git() {
  const json text = {{"type", "string"}, {"maxLength", model::kTextBytesMax}};
  return object_of("Where the server reads a template from, and follows it.",
                   {{"repository", text, "A URL, or a path of the server's machine."},
                    {"ref", text, "A branch or a tag; the remote's HEAD when left out.", kMaybe},
                    {"path", text, "The template's folder; the top when left out.", kMaybe},
                    {"commit", text, "That it was read at; the server writes it.", kMaybe}},
                   true);
}

// What a host asks of what it has applied, before it keeps it.
void add_health(json& schemas) {
  const json word = {
      {"type", "string"}, {"minLength", 1}, {"maxLength", model::kHealthTextBytesMax}};
  const json argument = {{"type", "string"}, {"maxLength", model::kHealthTextBytesMax}};
  const json command = {{"type", "array"},
                        {"items", argument},
                        {"minItems", 1},
                        {"maxItems", model::kHealthArgumentsMax}};
  const json http = object_of("",
                              {{"url", word, "`http://` or `https://`."},
                               {"status", number(100, 599), "Any 2xx when left out.", kMaybe}},
                              true);
  json check = object_of(
      "One of these. The texts may hold placeholders.",
      {{"exec", command, "A program and its arguments: it ends with 0.", kMaybe},
       {"http", http, "A GET is answered.", kMaybe},
       {"tcp", object_of("", {{"address", word, "`HOST:PORT`."}}, true),
        "Something accepts a connection.", kMaybe},
       {"systemd", object_of("", {{"unit", word, ""}}, true), "A unit is active.", kMaybe}},
      true);
  check["minProperties"] = 1;
  check["maxProperties"] = 1;
  schemas["HealthCheck"] = std::move(check);
  schemas["Health"] = object_of(
      "When what a host applied is kept; without checks at once.",
      {{"checks", list_of("HealthCheck", model::kHealthChecksMax), "All must hold.", kMaybe},
       {"startPeriod", use("Duration"), "Until then a failure counts for nothing; 30s.", kMaybe},
       {"interval", use("Duration"), "Between two looks; 5s.", kMaybe},
       {"timeout", use("Duration"), "Of one check; 5s.", kMaybe},
       {"window", use("Duration"), "How long all must hold without a break; 10s.", kMaybe}},
      true);
}

void add_specs(json& schemas) {
  const json words = {{"type", "string"}, {"maxLength", model::kTextBytesMax}};
  json delivery = one_of({"agent", "gitops"});
  delivery["default"] = "agent";
  schemas["AuthorSignature"] =
      object_of("An author's word.", {{"key", use("Text"), "`ed25519:` and base64url."},
                                      {"serial", number(1, kNumberMax), "A greater one is newer."},
                                      {"signature", use("Text"), "Base64url."}});
  schemas["WorkspaceSpec"] =
      object_of("A team's space.", {{"description", words, "", kMaybe}}, true);
  schemas["HostSpec"] = with_example(
      object_of("Anything that takes workloads as a unit: a device, or a cluster.",
                {{"labels", use("Labels"), "", kMaybe},
                 {"values", use("Values"), "The strongest layer.", kMaybe},
                 {"delivery", delivery, "`gitops` only where the server was told where to commit.",
                  kMaybe},
                 {"drivers", list_of("Name", model::kLabelsMax), "A description.", kMaybe},
                 {"capacity", number(0, kNumberMax), "How many deployments it carries.", kMaybe},
                 {"lease", use("Duration"), "How long it may be silent.", kMaybe},
                 {"signatures", list_of("AuthorSignature", model::kAuthorSignaturesMax),
                  "Of labels and values.", kMaybe}},
                true),
      {{"labels", {{"site", "lab"}}}, {"values", {{"intervalSeconds", 5}}}});
  schemas["TemplateFile"] = template_file();
  add_health(schemas);
  add_hooks(schemas);
  schemas["TemplateGit"] = template_git();
  schemas["DriftPolicy"] = one_of({"heal", "report"});
  schemas["TemplateSpec"] =
      object_of("A directory of files with placeholders.",
                {{"driver", use("Name"), "How files are applied; `files` when left out.", kMaybe},
                 {"defaults", use("Values"), "The weakest layer.", kMaybe},
                 {"files", list_of("TemplateFile", model::kTemplateFilesMax), "", kMaybe},
                 {"health", use("Health"), "Asked of what was applied.", kMaybe},
                 {"hooks", use("Hooks"), "", kMaybe},
                 {"valuesSchema", {{"type", "object"}}, "That values have to fit.", kMaybe},
                 {"git", use("TemplateGit"), "With it the server writes all else.", kMaybe}},
                true);
  schemas["WorkloadSpec"] = with_example(
      object_of("What a team ships.",
                {{"repo", words, "Where its source lives.", kMaybe},
                 {"template", use("Name"), "Of deployments that name none.", kMaybe},
                 {"values", use("Values"), "", kMaybe}},
                true),
      {{"repo", "https://git.example.org/iot/sensor"}, {"template", "device-service"}});
  schemas["TargetSpec"] = with_example(
      object_of("Rules that match hosts. One of the two must say something; both must hold.",
                {{"labels", use("Labels"), "", kMaybe}, {"selector", use("Selector"), "", kMaybe}},
                true),
      {{"selector", "site=lab"}});
  schemas["DeploymentSpec"] = with_example(
      object_of(
          "One instance of a workload.",
          {{"workload", use("Name"), "In the same workspace."},
           {"target", use("Name"), "In the same workspace."},
           {"template", use("Name"), "In the organization; the workload's when left out.", kMaybe},
           {"values", use("Values"), "", kMaybe},
           {"replicas", number(1, model::kReplicasMax), "Every matching host when left out.",
            kMaybe},
           {"spreadBy",
            {{"type", "string"}, {"pattern", kLabelKey}, {"maxLength", model::kLabelKeyBytesMax}},
            "With replicas: a label over whose values they are spread.",
            kMaybe},
           {"rescheduleAfter", use("Duration"),
            "With replicas: they leave a host that is MISSING for longer.", kMaybe},
           {"dependsOn", list_of("Name", model::kLabelsMax),
            "Deployments of the same workspace that go first.", kMaybe},
           {"suspend", {{"type", "boolean"}}, "`true` is refused for now.", kMaybe},
           {"driftPolicy", use("DriftPolicy"),
            "When others change what was applied; `heal` when left out.", kMaybe},
           {"signatures", list_of("AuthorSignature", model::kAuthorSignaturesMax),
            "Of what the deployment is, by its authors.", kMaybe}},
          true),
      {{"workload", "temperature-sensor"}, {"target", "lab"}, {"values", {{"interval", 5}}}});
  schemas["AssignmentSpec"] = object_of(
      "A deployment with limited replicas runs on a host; written by the server.",
      {{"deployment", use("Name"), "In the same workspace."}, {"host", use("Name"), ""}}, true);
}

constexpr const char* kSecretKey = "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$";

void add_secret_spec(json& schemas) {
  json sealed = {{"type", "string"}, {"maxLength", model::kSealedTextBytesMax}};
  schemas["SecretEntry"] = object_of(
      "Either what is kept of a value, as GET gave it, or a new value, sealed.",
      {{"digest", use("Digest"), "Of the value, by a key of the server.", kMaybe},
       {"blob", use("Digest"), "Where the server keeps it, encrypted.", kMaybe},
       {"sealed", std::move(sealed),
        "Never answered: base64url of the value, sealed for the key in `GET /v1/identity`.",
        kMaybe}},
      true);
  const json data = {
      {"type", "object"},
      {"minProperties", 1},
      {"maxProperties", model::kSecretKeysMax},
      {"propertyNames", {{"pattern", kSecretKey}, {"maxLength", model::kSecretKeyBytesMax}}},
      {"additionalProperties", use("SecretEntry")}};
  schemas["SecretSpec"] = object_of("Values that only the hosts they are meant for get to see.",
                                    {{"data", data, "The values, by key."}}, true);
}

void add_identity_specs(json& schemas) {
  const json words = {{"type", "string"}, {"maxLength", model::kTextBytesMax}};
  schemas["Role"] = one_of({"viewer", "developer", "platform", "admin"});
  json grants = list_of("Grant", model::kGrantsMax);
  grants["minItems"] = 1;
  schemas["TokenSpec"] = object_of("What somebody shows to be let in, known by its digest alone.",
                                   {{"grants", grants, "All of them count."},
                                    {"digest", use("Digest"), "Of the secret's text."},
                                    {"expires", use("Time"), "Never when left out.", kMaybe},
                                    {"description", words, "", kMaybe}},
                                   true);
  schemas["EnrollmentSpec"] =
      object_of("A device that shows the secret, once, becomes the host.",
                {{"host", use("Name"), ""},
                 {"labels", use("Labels"), "Of the host, if it does not exist by then.", kMaybe},
                 {"digest", use("Digest"), "Of the secret's text."},
                 {"expires", use("Time"), ""}},
                true);
  schemas["PublicKey"] = pattern("Ed25519 (RFC 8032), base64url.", "^ed25519:[-_A-Za-z0-9]{43}$",
                                 "ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  schemas["Verb"] = one_of({"get", "list", "watch", "create", "update", "apply", "delete"});
  schemas["Grant"] = object_of(
      "A role, and where it holds.",
      {{"role", use("Role"), ""},
       {"workspace", use("Name"), "In the whole organization when it is not there.", kMaybe}});
  schemas["Identity"] =
      object_of("Who asks.", {{"actor", use("Text"), "As the change log names it."},
                              {"organization", use("Name"), ""},
                              {"grants", list_of("Grant"), "None of devices."},
                              {"host", use("Name"), "Of a device: what it is.", kMaybe},
                              {"expires", use("Time"), "", kMaybe}});
  schemas["Permission"] = object_of(
      "Whether somebody may do something.",
      {{"allowed", {{"type", "boolean"}}, ""}, {"reason", use("Text"), "Why not.", kMaybe}});
  const json texts = {{"type", "array"}, {"items", use("Text")}, {"maxItems", oidc::kScopesMax}};
  schemas["LoginProvider"] =
      object_of("The identity provider that people log in at.",
                {{"issuer", use("Text"), "Byte by byte as in its tokens."},
                 {"clientId", use("Text"), "A public client with the device grant."},
                 {"scopes", texts, "To be asked for."}});
  schemas["LoginRequest"] = object_of(
      "Somebody logged in at the provider.",
      {{"idToken",
        {{"type", "string"}, {"minLength", 1}, {"maxLength", oidc::kTokenBytesMax}},
        "For this server's client."},
       {"organization", use("Name"),
        "Where to; `default`, or the only one where the person has roles, when left out.", kMaybe}},
      true);
  schemas["Login"] =
      object_of("Who you are now.", {{"token", use("Text"), "To be shown from now on."},
                                     {"actor", use("Text"), "As the change log names it."},
                                     {"organization", use("Name"), ""},
                                     {"grants", grants, ""},
                                     {"expires", use("Time"), "When the token ends."}});
  schemas["DeviceSpec"] =
      object_of("The key by which the host of that name proves who it is.",
                {{"publicKey", use("PublicKey"), "Of one host alone."},
                 {"revoked", {{"type", "boolean"}}, "It opens nothing any more.", kMaybe}},
                true);
}

// What devices send before they are let in, and what they are told.
void add_devices(json& schemas) {
  schemas["Nonce"] =
      pattern("16 random bytes, base64url.", "^[-_A-Za-z0-9]{22}$", "AAECAwQFBgcICQoLDA0ODw");
  schemas["Signature"] =
      pattern("Ed25519 (RFC 8032), base64url.", "^[-_A-Za-z0-9]{86}$", std::string(86, 'A'));
  schemas["Mac"] = pattern("BLAKE2b with a key, 16 bytes (RFC 7693), base64url.",
                           "^[-_A-Za-z0-9]{22}$", std::string(22, 'A'));
  schemas["Ephemeral"] = pattern("A public X25519 key (RFC 7748), base64url.",
                                 "^[-_A-Za-z0-9]{43}$", std::string(42, 'A') + "Q");
  schemas["EnrollRequest"] = object_of("A device shows a secret.",
                                       {{"secret", use("Text"), "Of the enrollment string."},
                                        {"key", use("PublicKey"), "Of the device."},
                                        {"nonce", use("Nonce"), ""},
                                        {"signature", use("Signature"), "By the device."}},
                                       true);
  schemas["LobbyRequest"] = object_of("A device wants to be approved.",
                                      {{"key", use("PublicKey"), "Of the device."},
                                       {"organization", use("Name"), ""},
                                       {"name", use("Name"), "That it would like to have."},
                                       {"nonce", use("Nonce"), ""},
                                       {"signature", use("Signature"), "By the device."}},
                                      true);
  schemas["ChallengeRequest"] = object_of("A device wants a session.",
                                          {{"key", use("PublicKey"), "Of the device."},
                                           {"ephemeral", use("Ephemeral"), "The device's."},
                                           {"nonce", use("Nonce"), ""}},
                                          true);
  schemas["Challenge"] =
      object_of("What the device has to sign.",
                {{"challenge", use("Text"), ""}, {"ephemeral", use("Ephemeral"), "The server's."}});
  schemas["SessionRequest"] =
      object_of("A device proves that it holds its key.",
                {{"key", use("PublicKey"), "Of the device."},
                 {"ephemeral", use("Ephemeral"), "The device's."},
                 {"challenge", use("Text"), "As it was given."},
                 {"instance", use("Nonce"), "Another one with each boot of the device."},
                 {"signature", use("Signature"), "By the device."}},
                true);
  schemas["OpenSession"] = object_of(
      "A session.", {{"host", use("Name"), "What the device is."},
                     {"organization", use("Name"), ""},
                     {"lifetime", number(1, kNumberMax), "Seconds that the session counts."}});
  schemas["RotationRequest"] =
      object_of("A device proves that it holds its key and the next one.",
                {{"key", use("PublicKey"), "Of the device."},
                 {"next", use("PublicKey"), "That it will have."},
                 {"ephemeral", use("Ephemeral"), "With which the challenge was asked for."},
                 {"challenge", use("Text"), "As it was given."},
                 {"signature", use("Signature"), "By the key."},
                 {"nextSignature", use("Signature"), "By the next one."}},
                true);
  schemas["RotatedKey"] =
      object_of("The device has the next key.", {{"host", use("Name"), "What the device is."},
                                                 {"organization", use("Name"), ""},
                                                 {"key", use("PublicKey"), "The next one."}});
  schemas["LobbyPlace"] =
      object_of("The device has to wait.",
                {{"id", use("Text"), "What the device shows, for people to compare."},
                 {"retryAfter", number(1, kNumberMax), "Seconds until it should ask again."}});
  schemas["LobbyDevice"] =
      object_of("A device that waits to be approved.",
                {{"id", use("Text"), "The first 12 hex digits of the SHA-256 of the key's text."},
                 {"key", use("PublicKey"), ""},
                 {"name", use("Name"), "That it would like to have."},
                 {"address", use("Text"), "Where it asks from."},
                 {"since", use("Time"), ""},
                 {"lastSeen", use("Time"), ""}});
  schemas["Lobby"] = object_of("Who waits.", {{"items", list_of("LobbyDevice"), ""}});
  schemas["ServerStatement"] =
      object_of("What the server says of its keys, or of its epoch.",
                {{"statement", one_of({"key", "epoch"}), ""},
                 {"number", number(0, kNumberMax), "Counts up."},
                 {"signedBy", use("PublicKey"), ""},
                 {"signature", use("Signature"), ""},
                 {"root", number(0, kNumberMax), "Of a key.", kMaybe},
                 {"key", use("PublicKey"), "By which it signs from then on.", kMaybe},
                 {"previous", use("PublicKey"), "By which it signed before.", kMaybe},
                 {"rootKey", use("Text"), "Empty: none.", kMaybe},
                 {"epoch", use("Text"), "Of its bookmarks from then on.", kMaybe}});
  schemas["ServerIdentity"] = object_of(
      "Who the server is.",
      {{"key", use("PublicKey"), "By which it signs."},
       {"rootKey", use("Text"), "A public key; empty: none."},
       {"epoch", use("Text"), "Of its bookmarks."},
       {"statements", list_of("ServerStatement", model::kStatementsMax), "Oldest first."}});
  schemas["EnrolledDevice"] =
      object_of("The device is a host.", {{"host", use("Name"), "Which one."},
                                          {"organization", use("Name"), ""},
                                          {"identity", use("ServerIdentity"), ""}});
}

// ---- entities ----------------------------------------------------------------------------------

json entity(Kind kind) {
  const std::string name(model::name_of(kind));
  std::vector<Field> fields = {
      {"kind", one_of({name}), ""},
      {"id", {{"type", "string"}, {"format", "uuid"}}, "Never used again."},
      {"name", use("Name"), ""},
      {"organizationId", use("Name"), ""},
      {"createdTime", use("Time"), ""},
      {"modifiedTime", use("Time"), "Strictly increasing over all writes."},
      {"deletedTime", use("Time"), "Only with the status DELETED.", kMaybe},
      {"revision", number(1, kNumberMax), "+1 at each write; the `ETag`."},
      {"version", number(1, kNumberMax), "+1 when the spec changes."},
      {"spec", use(name + "Spec"), "What is desired."},
      {"status", use("Status"), ""},
      {"reason", use("Reasons"), ""},
      {"tags", use("Tags"), ""},
      {"delete", {{"type", "boolean"}}, "Deletion was asked for."}};
  if (model::in_workspace(kind)) fields.push_back({"workspace", use("Name"), ""});
  return object_of("As it is stored.", fields);
}

// What the server writes may stand in what it is sent, and counts for nothing.
json entity_to_write(Kind kind, bool is_whole) {
  const std::string name(model::name_of(kind));
  const auto named = is_whole ? Field::Presence::always : kMaybe;
  std::vector<Field> fields = {
      {"kind", one_of({name}), "", named},
      {"name", use("Name"), is_whole ? "" : "Must be given with POST.", named},
      {"spec", use(name + "Spec"), "What is desired.", kMaybe},
      {"tags", use("Tags"), "", kMaybe},
      {"delete", {{"type", "boolean"}}, "Delete it instead.", kMaybe}};
  if (model::in_workspace(kind)) {
    fields.push_back({"workspace", use("Name"),
                      is_whole ? "`default` when left out." : "The one of the path.", kMaybe});
  }
  for (const char* ignored : {"id", "organizationId", "createdTime", "modifiedTime", "deletedTime",
                              "revision", "version", "status", "reason"}) {
    fields.push_back({ignored, json::object(), "Ignored.", kMaybe});
  }
  return object_of("As it is sent; what GET gave may be sent back.", fields, true);
}

void add_entities(json& schemas) {
  json any = json::array();
  json any_to_write = json::array();
  for (const Kind kind : model::kKinds) {
    const std::string name(model::name_of(kind));
    schemas[name] = entity(kind);
    any.push_back(use(name));
    schemas[name + "List"] = object_of(
        "One page.",
        {{"items", list_of(name), ""},
         {"bookmark", use("Bookmark"), "The moment that all pages show."},
         {"continue", use("Text"), "Goes back for the next page, while there is one.", kMaybe}});
    if (kind == Kind::assignment) continue;
    schemas[name + "Write"] = entity_to_write(kind, false);
    schemas[name + "Whole"] = entity_to_write(kind, true);
    any_to_write.push_back(use(name + "Whole"));
  }
  schemas["Entity"] = {{"oneOf", std::move(any)}, {"description", "An entity of any kind."}};
  schemas["EntityToWrite"] = {{"oneOf", std::move(any_to_write)},
                              {"description", "An entity of any kind that clients write."}};
}

// ---- changes -----------------------------------------------------------------------------------

json error_fields() {
  return object_of(
      "What is wrong.",
      {{"code",
        one_of({"invalid", "not_found", "conflict", "denied", "unavailable", "exhausted", "expired",
                "internal"}),
        ""},
       {"message", use("Text"), "For people."},
       {"field", use("Text"), "The place in the request; empty when there is none."},
       {"subject", use("Text"), "The entity; empty when there is none."},
       {"requestId", use("Text"), "", kMaybe},
       {"revision", number(1, kNumberMax), "With 409: where the entity is.", kMaybe},
       {"users",
        {{"type", "array"}, {"items", {{"type", "string"}}}, {"maxItems", kUsersListed}},
        "With 409: what keeps it from being deleted.",
        kMaybe}});
}

json proposed_changes() {
  json revision = number(0, kNumberMax);
  const json put = object_of("Write one.",
                             {{"operation", one_of({"CREATE", "UPDATE", "APPLY"}), ""},
                              {"revision", revision, "Only if it is at this one.", kMaybe},
                              {"entity", use("EntityToWrite"), ""}},
                             true);
  const json removal =
      object_of("Delete one.",
                {{"operation", one_of({"DELETE"}), ""},
                 {"kind", use("Kind"), ""},
                 {"workspace", use("Name"), "`default` when left out.", kMaybe},
                 {"name", use("Name"), ""},
                 {"force", {{"type", "boolean"}}, "Do not wait for hosts.", kMaybe},
                 {"revision", revision, "Only if it is at this one.", kMaybe}},
                true);
  return object_of("Changes that are written all or none.",
                   {{"changes",
                     {{"type", "array"},
                      {"minItems", 1},
                      {"maxItems", kProposedChangesMax},
                      {"items", {{"oneOf", {put, removal}}}}},
                     "Each entity once; their order does not matter."}},
                   true);
}

void add_changes(json& schemas) {
  schemas["ErrorFields"] = error_fields();
  schemas["Error"] = object_of("An error.", {{"error", use("ErrorFields"), ""}});
  schemas["ProposedChanges"] = proposed_changes();
  schemas["Outcome"] = one_of({"created", "updated", "unchanged", "deleting", "deleted"});
  schemas["Accepted"] =
      object_of("Not written yet.", {{"id", use("Text"), "Goes to `GET /v1/changes/{id}`."},
                                     {"state", one_of({"ACCEPTED"}), ""}});
  schemas["CommittedChange"] =
      object_of("One of them.", {{"outcome", use("Outcome"), ""}, {"entity", use("Entity"), ""}});
  schemas["CommittedChanges"] = object_of(
      "All of it is durable.", {{"id", use("Text"), ""},
                                {"state", one_of({"COMMITTED"}), ""},
                                {"bookmark", use("Bookmark"), "Up to which it is in the log."},
                                {"items", list_of("CommittedChange"), "In the order given."}});
  schemas["ProcessorProgress"] =
      object_of("How far a part that deals with changes has come.",
                {{"name", use("Text"), ""},
                 {"bookmark", use("Bookmark"), ""},
                 {"done", {{"type", "boolean"}}, "It has dealt with this change."}});
  schemas["ChangeProgress"] = object_of(
      "What became of a change.", {{"id", use("Text"), ""},
                                   {"state", one_of({"ACCEPTED", "COMMITTED", "REFUSED"}), ""},
                                   {"bookmark", or_null("Bookmark"), "Of a committed one."},
                                   {"error", or_null("ErrorFields"), "Of a refused one."},
                                   {"processors", list_of("ProcessorProgress"), ""}});
  schemas["Change"] = object_of(
      "One accepted write.",
      {{"seq", number(1, kNumberMax), "Strictly increasing, never used again."},
       {"time", use("Time"), ""},
       {"key", use("Key"), ""},
       {"operation", one_of({"CREATED", "UPDATED", "DELETED"}), ""},
       {"before", or_null("Entity"), "Null when it was created."},
       {"after", or_null("Entity"), "Null when it was deleted."},
       {"actor", use("Text"), "Who asked for it: `local`, `titan` itself, or `host/<name>`."},
       {"requestId", use("Text"), "In which request; empty for what no request asked for."}});
  schemas["ChangeList"] = object_of(
      "A page of the log.", {{"items", list_of("Change"), "Oldest first."},
                             {"bookmark", use("Bookmark"), "Goes back as the next `since`."},
                             {"full", {{"type", "boolean"}}, "What came before is not told."}});
}

// ---- hosts -------------------------------------------------------------------------------------

void add_manifest(json& schemas) {
  schemas["DesiredTemplate"] = object_of("", {{"name", use("Text"), "Empty when there is none."},
                                              {"digest", use("MaybeDigest"), ""},
                                              {"files", list_of("TemplateFile"), ""}});
  schemas["SecretUse"] = object_of(
      "A value of a secret that a deployment uses.",
      {{"name", use("Name"), "Of the secret."},
       {"key", use("Text"), "The key in it."},
       {"digest", use("Digest"), "Of the value, by a key of the server."},
       {"sealed", use("Text"), "base64url, for the host's key; only to the host itself.", kMaybe}});
  schemas["SignedValues"] =
      object_of("What authors signed.",
                {{"signatures", list_of("AuthorSignature", model::kAuthorSignaturesMax), ""},
                 {"values", {{"type", "object"}}, "That they signed."}});
  schemas["DesiredDeployment"] = object_of(
      "What a host should have.",
      {{"key", use("Key"), ""},
       {"version", number(0, kNumberMax), ""},
       {"driver", use("Text"), ""},
       {"template", use("DesiredTemplate"), ""},
       {"inputs", {{"type", "object"}}, "What the template is rendered with."},
       {"health", use("Health"), "Of the template, with its placeholders.", kMaybe},
       {"hooks", use("Hooks"), "Of the template.", kMaybe},
       {"dependsOn", list_of("Name", model::kLabelsMax), "Sorted.", kMaybe},
       {"driftPolicy", use("DriftPolicy"), "`heal` when left out.", kMaybe},
       {"desiredDigest", use("Digest"), ""},
       {"renderedDigest", use("Digest"), "Of the rendered files.", kMaybe},
       {"error", use("Text"), "Why it cannot be rendered, in place of the digest.", kMaybe},
       {"author", use("SignedValues"), "Only of a deployment that is signed.", kMaybe},
       {"host", use("SignedValues"), "The same of its host, when that is signed, too.", kMaybe},
       {"secrets", list_of("SecretUse", model::kSecretUsesMax), "That the inputs refer to.",
        kMaybe}});
  schemas["Tombstone"] = object_of("A deployment that left the host.",
                                   {{"key", use("Key"), ""}, {"deletedTime", use("Time"), ""}});
  const std::vector<Field> manifest = {
      {"host", use("Name"), ""},
      {"bookmark", use("Bookmark"), "Goes back with the next question."},
      {"full", {{"type", "boolean"}}, "What is not in it goes."},
      {"digest", use("Digest"), "Of all that the host should have."},
      {"deployments", list_of("DesiredDeployment"), ""},
      {"tombstones", list_of("Tombstone"), ""},
      {"pollAfter", number(0, kNumberMax), "Seconds."},
      {"time", use("Time"), ""}};
  schemas["Manifest"] = object_of("What changed for a host.", manifest);
  schemas["RenderedFile"] = object_of("", {{"path", use("Text"), ""},
                                           {"mode", use("Text"), ""},
                                           {"owner", use("Text"), "", kMaybe},
                                           {"content", use("Text"), ""}});
  schemas["RenderedDeployment"] = object_of("", {{"key", use("Key"), ""},
                                                 {"version", number(0, kNumberMax), ""},
                                                 {"digest", use("Digest"), ""},
                                                 {"files", list_of("RenderedFile"), ""}});
  std::vector<Field> with_files = manifest;
  with_files.push_back({"rendered", list_of("RenderedDeployment"), "With `render=true`.", kMaybe});
  schemas["HostChanges"] = object_of("The manifest, for people and tools.", with_files);
}

// What a host says of a deployment that is not as it should be.
std::vector<Field> trouble() {
  const json output = {{"type", "string"}, {"maxLength", model::kOutputBytesMax}};
  const json drift = {{"type", "array"},
                      {"items", {{"type", "string"}, {"maxLength", model::kDriftTextBytesMax}}},
                      {"maxItems", model::kDriftTextsMax}};
  return {{"output", output, "The end of what failed programs wrote.", kMaybe},
          {"attempts", number(0, UINT32_MAX), "That were not enough.", kMaybe},
          {"stalled", {{"type", "boolean"}}, "It is not tried again as it is.", kMaybe},
          {"drift", drift, "What is not as it was applied, and stays so.", kMaybe},
          {"healed", number(0, kNumberMax), "How often others' changes were undone.", kMaybe}};
}

json clock_skew() {
  return {{"type", "integer"}, {"format", "int64"}};
}
constexpr const char* kSkewText = "How far the host's clock is ahead; behind: negative.";

void add_reports(json& schemas) {
  std::vector<Field> fields = {
      {"key", use("Key"), ""},
      {"version", number(0, kNumberMax), "", kMaybe},
      {"renderedDigest", use("MaybeDigest"), "Of what is applied.", kMaybe},
      {"desiredDigest", use("MaybeDigest"), "Of what it was told to have.", kMaybe},
      {"status", one_of({"READY", "UPDATING", "ERROR"}), "UPDATING: not there yet."},
      {"reason", use("Text"), "Never empty with ERROR and UPDATING.", kMaybe},
      {"commit", use("Text"), "In Git.", kMaybe},
      {"since", use("Time"), "Written by the server.", kMaybe}};
  for (const Field& field : trouble()) fields.push_back(field);
  schemas["DeploymentReport"] = object_of("How a deployment is on the host.", fields, true);
  schemas["HostReport"] =
      object_of("The whole of what a host holds.",
                {{"deployments", list_of("DeploymentReport", model::kReportDeploymentsMax), ""},
                 {"agentVersion", use("Text"), "", kMaybe},
                 {"drivers", list_of("Name", model::kLabelsMax), "That work there.", kMaybe},
                 {"clockSkewSeconds", clock_skew(), kSkewText, kMaybe}},
                true);
  schemas["SyncRequest"] = object_of(
      "What a host says when it asks.",
      {{"bookmark", use("MaybeBookmark"), "None asks for the full manifest.", kMaybe},
       {"report", use("HostReport"), "None: as before.", kMaybe},
       {"reportDigest", use("MaybeDigest"), "Of the report that the server should have.", kMaybe}},
      true);
  schemas["StoredReport"] = object_of("", {{"host", use("Name"), ""},
                                           {"bookmark", or_null("Bookmark"), "That came with it."},
                                           {"time", use("Time"), ""},
                                           {"report", use("HostReport"), ""}});
}

void add_standings(json& schemas) {
  std::vector<Field> common = {
      {"status", use("Status"), "INITIALIZED before the first report."},
      {"version", number(0, kNumberMax), ""},
      {"current", {{"type", "boolean"}}, "It is what the host should have now."},
      {"reason", use("Text"), ""},
      {"since", or_null("Time"), "When the server first heard this of it."}};
  for (const Field& field : trouble()) common.push_back(field);
  std::vector<Field> of_host = common;
  of_host.push_back({"host", use("Name"), ""});
  of_host.push_back({"hostStatus", use("Status"), ""});
  of_host.push_back({"renderedDigest", or_null("Digest"), "Null when nothing of it is applied."});
  of_host.push_back({"commit", use("Text"), ""});
  of_host.push_back({"time", or_null("Time"), "When the host reported last."});
  schemas["DeploymentHost"] = object_of("How a deployment stands on one host.", of_host);
  schemas["DeploymentHostList"] =
      object_of("One page.", {{"items", list_of("DeploymentHost"), ""},
                              {"continue", use("Text"), "While more follow.", kMaybe}});
  std::vector<Field> of_deployment = common;
  of_deployment.push_back({"deployment", use("Text"), "`<workspace>/<name>`."});
  schemas["HostDeployment"] = object_of("How one deployment stands on the host.", of_deployment);
  schemas["HostState"] =
      object_of("What the server knows of a host.",
                {{"host", use("Name"), ""},
                 {"lastSeen", or_null("Time"), "Null: not since the server's start."},
                 {"lastReport", or_null("Time"), ""},
                 {"bookmark", or_null("Bookmark"), "What it sent last."},
                 {"bookmarkTime", or_null("Time"), "When that was the newest change."},
                 {"drivers", list_of("Name", model::kLabelsMax), "That it reported.", kMaybe},
                 {"clockSkewSeconds", clock_skew(), kSkewText, kMaybe},
                 {"deployments", list_of("HostDeployment"), "That it should have or still has."}});
}

void add_operations(json& schemas) {
  const json health = one_of({"ok", "failing"});
  schemas["StoredBlob"] = object_of(
      "", {{"digest", use("Digest"), ""}, {"size", number(0, store::kBlobBytesMax), "Bytes."}});
  schemas["ServerProcessor"] =
      object_of("", {{"name", use("Text"), ""},
                     {"behind", number(0, kNumberMax), "Changes that it has still to deal with."}});
  schemas["Dependency"] = object_of(
      "", {{"status", health, ""}, {"message", use("Text"), "When it is failing.", kMaybe}});
  schemas["ServerStatus"] = object_of(
      "How the server is.", {{"status", health, ""},
                             {"version", use("Text"), ""},
                             {"bookmark", use("MaybeBookmark"), "Of the last change."},
                             {"processors", list_of("ServerProcessor"), ""},
                             {"dependencies",
                              {{"type", "object"}, {"additionalProperties", use("Dependency")}},
                              "By name."}});
  schemas["OpenApi"] = {{"type", "object"}, {"description", "This very document."}};
}

}  // namespace

json openapi_schemas() {
  json schemas = json::object();
  add_texts(schemas);
  add_specs(schemas);
  add_secret_spec(schemas);
  add_identity_specs(schemas);
  add_devices(schemas);
  add_entities(schemas);
  add_changes(schemas);
  add_manifest(schemas);
  add_reports(schemas);
  add_standings(schemas);
  add_operations(schemas);
  add_provenance_schemas(schemas);
  return schemas;
}

json openapi_headers() {
  const auto header = [](const char* schema, const char* description) {
    return json{{"description", description}, {"schema", use(schema)}};
  };
  return {
      {"Titan-Request-Id", header("Text", "The id of the request.")},
      {"ETag", header("Text",
                      "Of an entity its revision in double quotes, to be sent back as "
                      "`If-Match`; else what `If-None-Match` takes.")},
      {"Accept-Ranges", header("Text", "`bytes`: a part can be asked for.")},
      {"Content-Range", header("Text", "Which bytes these are: `bytes 0-4/10`.")},
      {"Titan-Outcome", header("Outcome", "What the write did.")},
      {"Titan-Change", header("Text", "The id by which the change can be followed.")},
      {"Titan-Workspace-Created", header("Flag", "`true`: the workspace was created, too.")},
      {"Titan-Bookmark", header("Bookmark", "Goes back with the next question.")},
      {"Titan-Poll-After",
       {{"description", "Seconds until the host should ask again."},
        {"schema", number(0, kNumberMax)}}},
      {"Titan-Report-Wanted",
       header("Flag", "`true`: the host's report is not the one that the server has.")},
      {"Titan-Key", header("PublicKey", "By which the answer is signed.")},
      {"Titan-Signature",
       header("Signature", "Of the answer; docs/spec/identity.md says over what.")},
      {"Titan-Mac",
       header("Mac", "Of the answer, by the session's key; docs/spec/identity.md says over what.")},
      {"Retry-After",
       {{"description", "Seconds until it is worth trying again."},
        {"schema", number(0, kNumberMax)}}}};
}

json openapi_tags() {
  const auto tag = [](const char* name, const char* description) {
    return json{{"name", name}, {"description", description}};
  };
  return {tag("Workspaces", "A team's space inside the organization. `default` always exists."),
          tag("Hosts", "Anything that takes workloads as a unit: a device, or a cluster."),
          tag("Templates", "Directories of files with placeholders."),
          tag("Workloads", "What a team ships."),
          tag("Targets", "Label rules that match hosts."),
          tag("Deployments", "Instances of workloads, with a template and a target."),
          tag("Assignments", "Which replica runs on which host; written by the server."),
          tag("Provenance", "What hosts get, what they would get, and where it comes from."),
          tag("Identity", "Who you are, and what you may do."),
          tag("Tokens", "What people and programs show to be let in."),
          tag("Secrets", "Values that only the hosts they are meant for get to see."),
          tag("Enrollments", "How devices become hosts."),
          tag("Devices", "The keys by which hosts prove who they are."),
          tag("Changes", "The change log: reading it, following a change, writing several."),
          tag("Blobs", "The content of templates' files."),
          tag("Operations", "How the server is."),
          tag("Documentation", "What the server can be asked.")};
}

}  // namespace titan::server_lite
