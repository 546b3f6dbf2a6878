/// Names of error numbers, and the pages that explain them.
///
/// Sources: MicrosoftDocs/win32, desktop-src/WinHttp/error-messages.md and
/// SecCrypto/common-hresult-values.md; windows-itpro-docs, windows-update-errors.md; learn.microsoft.com,
/// "Configure and manage Microsoft Defender Antivirus with the mpcmdrun.exe tool" (MpCmdRun page); the
/// article on network connections of Defender Antivirus.
enum ErrorNames {
  static let byNumber: [UInt32: String] = [
    0x8000_4005: "E_FAIL",
    0x8007_0005: "E_ACCESSDENIED",
    0x8007_0006: "E_HANDLE",
    0x8007_000E: "E_OUTOFMEMORY",
    0x8007_0057: "E_INVALIDARG",
    0x8001_06BA: "RPC_S_SERVER_UNAVAILABLE",
    0x8050_8015: "Defender 0x80508015",
  ]

  static let byCode: [Int: String] = [
    2: "ERROR_FILE_NOT_FOUND", 53: "ERROR_BAD_NETPATH", 1460: "ERROR_TIMEOUT",
    1639: "ERROR_INVALID_COMMAND_LINE", 1722: "RPC_S_SERVER_UNAVAILABLE",
    10_051: "WSAENETUNREACH", 10_054: "WSAECONNRESET", 10_060: "WSAETIMEDOUT",
    10_061: "WSAECONNREFUSED", 11_001: "WSAHOST_NOT_FOUND",
    12_002: "ERROR_WINHTTP_TIMEOUT", 12_005: "ERROR_WINHTTP_INVALID_URL",
    12_007: "ERROR_WINHTTP_NAME_NOT_RESOLVED", 12_015: "ERROR_WINHTTP_LOGIN_FAILURE",
    12_017: "ERROR_WINHTTP_OPERATION_CANCELLED", 12_029: "ERROR_WINHTTP_CANNOT_CONNECT",
    12_030: "ERROR_WINHTTP_CONNECTION_ERROR", 12_031: "ERROR_INTERNET_CONNECTION_RESET",
    12_037: "ERROR_WINHTTP_SECURE_CERT_DATE_INVALID",
    12_038: "ERROR_WINHTTP_SECURE_CERT_CN_INVALID",
    12_044: "ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED", 12_045: "ERROR_WINHTTP_SECURE_INVALID_CA",
    12_057: "ERROR_WINHTTP_SECURE_CERT_REV_FAILED",
    12_152: "ERROR_WINHTTP_INVALID_SERVER_RESPONSE", 12_157: "ERROR_WINHTTP_SECURE_CHANNEL_ERROR",
    12_166: "ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT",
    12_167: "ERROR_WINHTTP_UNABLE_TO_DOWNLOAD_SCRIPT",
    12_169: "ERROR_WINHTTP_SECURE_INVALID_CERT", 12_170: "ERROR_WINHTTP_SECURE_CERT_REVOKED",
    12_175: "ERROR_WINHTTP_SECURE_FAILURE", 12_178: "ERROR_WINHTTP_AUTO_PROXY_SERVICE_ERROR",
    12_180: "ERROR_WINHTTP_AUTODETECTION_FAILED",
  ]

  static let documented: [UInt32: String] = [
    0x8007_0006: "article", 0x8007_2F8F: "article", 0x8007_2EFE: "article",
    0x8007_0005: "MpCmdRun page", 0x8000_4005: "MpCmdRun page", 0x8007_2EE7: "MpCmdRun page",
    0x8007_2F0D: "MpCmdRun page", 0x8050_8015: "MpCmdRun page", 0x8001_06BA: "MpCmdRun page",
    0x8007_0667: "MpCmdRun page", 0x8007_05B4: "microsoft-365-docs issue 7123 (user report)",
    0x8007_2EE2: "Windows Update error page", 0x8007_2EFD: "Windows Update error page",
  ]
}
