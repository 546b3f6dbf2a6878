import AWSImporter
import AzureImporter
import CheckPointImporter
import CiscoFMCImporter
import FortiGateImporter
import ImportKit
import JunosImporter
import LinuxImporter
import MerakiImporter
import NeutralPolicyImporter
import PacketFilterImporter
import PaloAltoImporter
import WindowsFirewallImporter

/// Every import format, in the order in which a document is offered to them.
package let importerRegistry = ImporterRegistry([
  PANOSImporter(),
  PanoramaImporter(),
  PfSenseImporter(),
  OPNsenseImporter(),
  JunosSRXImporter(),
  AWSImporter(),
  AzureNSGImporter(),
  AzureFirewallImporter(),
  NFTablesImporter(),
  IPTablesImporter(),
  FirewalldImporter(),
  WindowsFirewallImporter(),
  FortiGateImporter(),
  CheckPointImporter(),
  FMCImporter(),
  MerakiImporter(),
  NeutralPolicyImporter(),
])
.naming(KnownProducts.all)
