// Microsoft Windows Firewall: what a computer has in force as JSON (Export-WindowsFirewall.ps1, or the
// cmdlets of the module NetSecurity joined by other scripts), group policy as XML report or
// registry.pol, the registry as text, and policies of Intune as Graph gives them.
//
// Versions met: rule grammar v2.0 to v2.33 (Windows 7 to 11, Server 2008 R2 to 2025). Formats:
// [MS-GPFAS], [MS-GPREG], [MS-FASP], learn.microsoft.com "NetSecurity", "Firewall CSP".
// Semantics: rules have no order (WFPolicyBuilder). What is judged is the traffic of the computer
// itself, for each of the three network profiles; Defender runs as MsMpEng.exe and in services
// (WFPrograms), so a rule for one of these programs is a condition and a rule for another program is
// none of its business.
// Not modelled: connection security (IPsec) rules, service hardening, the platform's other filters.

import ImportKit

package struct WindowsFirewallImporter: ExportImporter {
  package init() {}

  package let format = ImportFormat(
    id: "windows-firewall", product: "Microsoft Windows Firewall",
    versions: "Windows 7 to 11, Server 2008 R2 to 2025; Intune settings catalog",
    howToExport: [
      "on a computer, as administrator: Export-WindowsFirewall.ps1 > firewall.json (Imports/Scripts)",
      "group policy: Get-GPOReport -Name NAME -ReportType Xml -Path report.xml, or gpresult /x report.xml",
      "registry: reg query HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall /s > policy.txt",
      "Intune: Graph deviceManagement/configurationPolicies/ID?$expand=settings",
    ],
    pieces:
      "rules, profiles and dynamic keyword addresses of one computer or policy, in any of the "
      + "forms", importerVersion: 2)

  package let xmlRoots: Set<String> = WFReportReader.roots
  /// Who may read and edit an object, and what other extensions set, is never needed.
  package let prunedXMLNames: Set<String> = ["SecurityDescriptor", "RegistrySettings"]

  package func recognise(_ document: ExportDocument) -> Recognition {
    if let root = document.xml {
      guard WFReportReader.roots.contains(root.name) else { return .no }
      if !WFReportReader.extensions(in: root).isEmpty { return .yes }
      let isReport =
        root.name == "Rsop" || root.child("GPO") != nil || root.child("Computer") != nil
      return isReport
        ? .almost(
          reason: "the report of group policy has no settings of Windows Firewall",
          advice: "give the report of the object that sets them, or gpresult /x of a computer")
        : .no
    }
    if let tree = document.json {
      switch WFIntuneReader.kind(tree.tops) {
      case .firewall: return .yes
      case .otherPolicy(let what):
        return .almost(
          reason: "this Intune policy (\(what)) has no settings of Windows Firewall",
          advice: "export the policy of the type Windows Firewall or Windows Firewall Rules")
      case .no: return WFCmdletReader.recognises(tree.tops) ? .yes : .no
      }
    }
    if let bytes = document.bytes, WFRegistryReader.isPolicyFile(bytes) { return .yes }
    if let lines = document.lines, WFRegistryReader.recognises(lines) { return .yes }
    if let bytes = document.bytes, bytes.starts(with: Array("regf".utf8)) {
      return .almost(
        reason: "this is a registry hive (.wfw or a part of the registry itself)",
        advice: "export with: Export-WindowsFirewall.ps1, or reg query")
    }
    return .no
  }

  package func read(_ documents: [ExportDocument]) throws(ImportError) -> ImportedExport {
    var configurations: [WFConfiguration] = []
    var deviceName: String?
    var takenAt: String?
    var cmdlets: WFCmdletReader?
    for (number, document) in documents.enumerated() {
      if let root = document.xml {
        var reader = WFReportReader(file: number)
        reader.read(root)
        deviceName = deviceName ?? reader.reportedOn
        configurations += reader.configurations
      } else if let tree = document.json {
        if case .firewall = WFIntuneReader.kind(tree.tops) {
          var reader = WFIntuneReader(file: number)
          reader.read(tree.tops)
          deviceName = deviceName ?? reader.policyName
          configurations.append(reader.configuration)
        } else {
          cmdlets = cmdlets ?? WFCmdletReader()
          cmdlets?.collect(tree.tops, file: number)
        }
      } else {
        configurations.append(try registry(document, number: number))
      }
    }
    if var cmdlets {
      cmdlets.finish()
      deviceName = cmdlets.computer ?? deviceName
      takenAt = cmdlets.takenAt
      configurations.insert(cmdlets.configuration, at: 0)
    }
    let merged = try merge(configurations, documents)
    return ImportedExport(
      deviceName: deviceName, takenAt: takenAt, policies: merged.flatMap(WFPolicyBuilder.policies))
  }

  private func registry(
    _ document: ExportDocument, number: Int
  ) throws(ImportError) -> WFConfiguration {
    var reader = WFRegistryReader(file: number)
    if let bytes = document.bytes, WFRegistryReader.isPolicyFile(bytes) {
      if let wrong = reader.read(policy: bytes) {
        throw ImportError(
          .malformed, file: document.file, reason: "not readable as registry.pol: \(wrong)",
          advice: "copy the file again and compare its size")
      }
    } else if let lines = document.lines {
      reader.read(lines)
    }
    guard reader.foundAnything else {
      throw ImportError(
        .wrongKind, file: document.file,
        reason: "the registry values are about other things than Windows Firewall",
        advice: "give the group policy object that sets the firewall")
    }
    return reader.configuration
  }

  /// Files of one computer are one configuration; several objects in one report stay apart.
  private func merge(
    _ configurations: [WFConfiguration], _ documents: [ExportDocument]
  ) throws(ImportError) -> [WFConfiguration] {
    let named = configurations.filter { $0.owner != nil }
    var rest = configurations.filter { $0.owner == nil }
    guard !configurations.isEmpty else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "", reason: "no firewall settings were found",
        advice: "export the firewall's rules and profiles")
    }
    guard var whole = rest.first else { return named }
    rest.removeFirst()
    for other in rest { whole.merge(other) }
    let hasPolicy =
      !whole.rules.isEmpty || !whole.profiles.isEmpty || !whole.localProfiles.isEmpty
      || whole.inboundCount > 0
    guard hasPolicy || !named.isEmpty else {
      throw ImportError(
        .incomplete, file: documents.first?.file ?? "",
        reason: "only dynamic keyword addresses were given, and no rules",
        advice: "add the rules and profiles that use them")
    }
    return (hasPolicy ? [whole] : []) + named
  }
}
