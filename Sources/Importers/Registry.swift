import ImportKit

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
