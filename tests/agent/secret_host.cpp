#include "tests/agent/secret_host.hpp"

#include <algorithm>
#include <stdexcept>

#include "agent/enroll_command.hpp"
#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/process_runner.hpp"
#include "base/sealing.hpp"
#include "gitops/publisher.hpp"
#include "model/enrollment_string.hpp"
#include "model/secret_use.hpp"
#include "render/compiled_template.hpp"

namespace titan::testing {
namespace {

using nlohmann::json;

constexpr const char* kHost = "pi";
constexpr const char* kUrl = "http://127.0.0.1:7480";
constexpr std::size_t kEnough = 64U << 20U;

// Hands every request on. Borrows the other one.
class Passing final : public Transport {
 public:
  explicit Passing(Transport& other) : other_(other) {}
  Result<HttpResponse> send(const HttpRequest& request) override { return other_.send(request); }

 private:
  Transport& other_;
};

std::function<Result<std::unique_ptr<Transport>>(const std::string&)> by(Transport& transport) {
  return [&transport](const std::string&) -> Result<std::unique_ptr<Transport>> {
    return std::unique_ptr<Transport>(std::make_unique<Passing>(transport));
  };
}

using Visit = std::function<void(const std::string& path, FileSystem::Type type)>;

void walk(FileSystem& files, const std::string& folder, const Visit& visit) {
  const auto entries = files.list(folder);
  if (!entries) return;
  for (const FileSystem::Entry& entry : *entries) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (entry.type == FileSystem::Type::directory) {
      walk(files, path, visit);
    } else {
      visit(path, entry.type);
    }
  }
}

Digest digest_of_value(const std::string& name, const std::string& key, const std::string& value) {
  // As good as a MAC here: nobody else puts it together so.
  return Digest::of(signable("of the test", {name, key, value, "with a key"}));
}

}  // namespace

SecretHost::SecretHost()
    : server_(random_, "0123456789abcdef",
              [this](const HttpRequest& request) { return tell(request); }),
      transport_([this](const HttpRequest& request) {
        const int status = instead ? instead(request) : 0;
        return status == 0 ? server_.handle(request) : HttpResponse{.status = status};
      }) {
  run_.disk().stand_at("/run/titan", true);
  enroll();
}

void SecretHost::enroll() {
  const std::string secret = base64url(Secret::random(random_, 32).bytes());
  server_.expect(kHost, secret);
  const model::EnrollmentString string{
      .url = kUrl, .server = server_.key.public_key(), .secret = Secret::of(std::string(secret))};
  FakeTransport network([this](const HttpRequest& request) { return server_.handle(request); });
  std::ostringstream out;
  const auto done = agent::enroll({.state = state_.disk(),
                                   .connect = by(network),
                                   .random = random_,
                                   .out = out,
                                   .pause = [](std::chrono::seconds) { return true; }},
                                  {.enrollment = string.text(), .name = kHost});
  if (!done) throw std::runtime_error("not enrolled: " + done.error().text());
}

void SecretHost::set_secret(const std::string& name, const std::string& key,
                            const std::string& value) {
  secrets_[name][key] = value;
  ++sequence_;
}

void SecretHost::deploy(const std::string& name, const Texts& files, const json& values) {
  wanted_[name] = {files, values, ++sequence_};
}

void SecretHost::take_away(const std::string& name) {
  wanted_.erase(name);
  ++sequence_;
}

std::vector<model::SecretUse> SecretHost::uses_of(const json& value) {
  std::vector<model::SecretUse> uses;
  const auto references = model::secret_references(model::Values::from(value).value()).value();
  const PublicKey device = agent::IdentityStore(state_.disk()).load_public().value()->device;
  for (const auto& [name, key] : references) {
    const std::string& text = secrets_.at(name).at(key);
    const Digest digest = digest_of_value(name, key, text);
    const std::string plain =
        signable("titan-secret-2", {"default", "default", name, key, digest.text(), text});
    uses.push_back({name, key, digest, base64url(seal_for(device, plain))});
  }
  return uses;
}

model::DesiredDeployment SecretHost::form_of(const std::string& name, const Wanted& wanted) {
  model::DesiredDeployment form{
      .key = {.kind = model::Kind::deployment, .workspace = "default", .name = name},
      .version = wanted.version,
      .template_name = "of-" + name,
      .driver = "files"};
  std::vector<render::SourceFile> sources;
  for (const auto& [path, text] : wanted.files) {
    const Digest digest = Digest::of(text);
    blobs_[digest.text()] = text;
    form.files.push_back({.path = path, .digest = digest, .size = text.size()});
    sources.push_back({.path = path, .content = text});
  }
  form.template_digest = Digest::of(name);
  form.inputs = model::Values::from({{"values", wanted.values}}).value();
  form.secrets = uses_of(wanted.values);
  std::string all = std::to_string(wanted.version);
  for (const model::SecretUse& use : form.secrets) all += use.digest.text();
  form.desired_digest = Digest::of(name + all);
  const auto rendered = render::CompiledTemplate::compile(std::move(sources))
                            .value()
                            .render(model::inputs_with_placeholders(form).value().json());
  if (rendered) {
    form.rendered_digest = model::digest_of(*rendered);
  } else {
    form.error = rendered.error().text();
  }
  if (change) change(form);
  return form;
}

HttpResponse SecretHost::tell(const HttpRequest& request) {
  const std::string path(request.path());
  if (path.starts_with("/v1/blobs/")) {
    const auto blob = blobs_.find(path.substr(std::string("/v1/blobs/").size()));
    if (blob == blobs_.end()) return {.status = 404};
    return {.status = 200, .body = blob->second};
  }
  syncs_.push_back(model::parse_sync_request(parse_json(request.body).value()).value());
  HttpResponse response{
      .status = 204,
      .headers = {{"Titan-Bookmark", bookmark().text()}, {"Titan-Poll-After", "60"}}};
  if (syncs_.back().bookmark == bookmark()) return response;
  model::Manifest manifest{
      .host = kHost, .bookmark = bookmark(), .full = true, .poll_after = std::chrono::seconds(60)};
  std::vector<model::DesiredDigest> list;
  for (const auto& [name, wanted] : wanted_) {
    manifest.deployments.push_back(form_of(name, wanted));
    list.push_back({manifest.deployments.back().key, manifest.deployments.back().desired_digest});
  }
  manifest.digest = model::digest_of_desired(list);
  response.status = 200;
  response.body = model::json_text(manifest);
  return response;
}

Result<agent::StepResult> SecretHost::once() {
  gitops::Publisher publisher(git_.path() + "/repo", "unused");
  TITAN_ASSIGN(const auto agent, agent::Agent::open({.state = state_,
                                                     .root = root_instead ? *root_instead : root_,
                                                     .run = has_run_directory ? &run_ : nullptr,
                                                     .connect = by(transport_),
                                                     .publisher = publisher,
                                                     .drivers = parts_.drivers,
                                                     .processes = parts_.processes,
                                                     .prober = parts_.prober,
                                                     .clock = clock_,
                                                     .random = random_,
                                                     .log = log_}));
  return agent->step(clock_.monotonic());
}

agent::StepResult SecretHost::once_done() {
  auto result = once().value();
  if (result.outcome != agent::StepResult::Outcome::done) {
    throw std::runtime_error("the step is not done: " +
                             (result.error ? result.error->text() : log_text_.str()));
  }
  return result;
}

SecretHost::Texts SecretHost::files() {
  Texts found;
  const std::string run_root = run_.disk().absolute_path().value() + "/";
  walk(root_.disk(), "", [&](const std::string& path, FileSystem::Type type) {
    if (type == FileSystem::Type::file) {
      found[path] = root_.disk().read(path, kEnough).value();
      return;
    }
    const std::string target = root_.disk().read_link(path).value();
    found[path] = "(nothing)";
    if (!target.starts_with(run_root)) return;
    if (auto text = run_.disk().read(target.substr(run_root.size()), kEnough)) found[path] = *text;
  });
  return found;
}

std::set<std::string> SecretHost::links() {
  std::set<std::string> found;
  walk(root_.disk(), "", [&](const std::string& path, FileSystem::Type type) {
    if (type == FileSystem::Type::symlink) found.insert(path);
  });
  return found;
}

SecretHost::Texts SecretHost::run_files() {
  Texts found;
  walk(run_.disk(), "secrets", [&](const std::string& path, FileSystem::Type) {
    found[path.substr(std::string("secrets/").size())] = run_.disk().read(path, kEnough).value();
  });
  return found;
}

std::string SecretHost::remains() {
  std::string all = log_text_.str();
  for (FakeFileSystem* files : {&state_, &root_}) {
    walk(files->disk(), "", [&](const std::string& path, FileSystem::Type type) {
      all += path + "\n";
      all += type == FileSystem::Type::file ? files->disk().read(path, kEnough).value()
                                            : files->disk().read_link(path).value();
    });
  }
  for (const HttpRequest& request : transport_.requests()) all += request.body;
  return all;
}

std::string SecretHost::git_objects() const {
  return SystemProcessRunner()
      .run({.arguments = {"git", "-c", "safe.directory=*", "--git-dir", git_.path() + "/repo",
                          "cat-file", "--batch-all-objects", "--batch"}})
      .value()
      .output;
}

void SecretHost::reboot() {
  std::vector<std::string> paths;
  walk(run_.disk(), "", [&](const std::string& path, FileSystem::Type) { paths.push_back(path); });
  for (const std::string& path : paths) {
    (void)run_.disk().remove_file(path);
    for (std::string folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
      if (!run_.disk().remove_directory(folder)) break;
    }
  }
  (void)run_.disk().sync_directory("");
}

void SecretHost::power_cut() {
  state_.power_cut();
  root_.power_cut();
  run_.power_cut();
  reboot();
}

}  // namespace titan::testing
