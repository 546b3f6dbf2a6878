/// Which programs and services carry Defender's traffic.
///
/// Sources: learn.microsoft.com, "Microsoft Defender Antivirus and other programs" and "Microsoft
/// Defender for Endpoint on Windows: processes": the antivirus service (MsMpEng), its network
/// inspection and core services, its command-line tool, the sensor and its helpers; updates come by
/// Windows Update, BITS and Delivery Optimization, certificate lists by the cryptographic services,
/// all inside svchost.
enum WFPrograms {
  private static let programs: Set<String> = [
    "msmpeng.exe", "nissrv.exe", "mpcmdrun.exe", "mpdefendercoreservice.exe", "mpdlpservice.exe",
    "mssense.exe", "sensecncproxy.exe", "senseir.exe", "sensendr.exe", "sensesampleuploader.exe",
    "sensece.exe", "sensetvm.exe", "smartscreen.exe", "svchost.exe", "mousocoreworker.exe",
    "wuauclt.exe", "sihclient.exe", "lsass.exe",
  ]

  private static let services: Set<String> = [
    "windefend", "wdnissvc", "mdcoresvc", "sense", "wuauserv", "bits", "dosvc", "usosvc",
    "cryptsvc",
    "diagtrack", "wscsvc",
  ]

  enum Binding {
    /// For every program.
    case none
    /// For a program or service that carries Defender's traffic, or part of it.
    case part(String)
    /// For something else.
    case foreign(String)
  }

  static func binding(program: String?, service: String?, package: String?) -> Binding {
    if let package, !isAny(package) { return .foreign("the app package \(package)") }
    if let service, !isAny(service) {
      return services.contains(service.lowercased())
        ? .part(service) : .foreign("the service \(service)")
    }
    guard let program, !isAny(program) else { return .none }
    let name = String(program.split { $0 == "\\" || $0 == "/" }.last ?? "")
    guard !name.isEmpty else { return .part(program) }
    // A path with a variable in place of its last part may be anything.
    if name.contains("%") || name.contains("*") { return .part(program) }
    return programs.contains(name.lowercased()) ? .part(name) : .foreign("the program \(name)")
  }

  private static func isAny(_ text: String) -> Bool {
    ["", "any", "*", "all"].contains(text.lowercased())
  }
}
