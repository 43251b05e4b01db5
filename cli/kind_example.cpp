#include "cli/kind_example.hpp"

namespace titan::cli {

using model::Kind;

std::string example_of(Kind kind) {
  switch (kind) {
    case Kind::workspace:
      return "workspace iot --description \"Sensors and gateways\"";
    case Kind::host:
      return "host --name tim-pi --labels name=tim-pi,platform=kubernetes";
    case Kind::template_:
      return "template device-service -f ./device-service\n"
             "  titan apply template device-service "
             "--repo file:///srv/git/sensor.git --ref main --path deploy";
    case Kind::workload:
      return "workload temperature-sensor --repo https://github.com/timfpark/temp-sensor";
    case Kind::target:
      return "target tim-pi --labels name=tim-pi";
    default:
      return "deployment prod --workload temperature-sensor --template device-service "
             "--target tim-pi";
  }
}

}  // namespace titan::cli
