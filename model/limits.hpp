#pragma once

#include <chrono>
#include <cstddef>

// The limits of model/, in one place. Sizes are in bytes.
namespace titan::model {

constexpr std::size_t kEnrollmentBytesMax = 4096;          // of an enrollment string
constexpr std::size_t kSecretBytesMin = 16;                // of a token or an enrollment secret
constexpr std::size_t kGrantsMax = 64;                     // of a token
constexpr std::size_t kStatementsMax = 100;                // that a server keeps about its keys
constexpr std::size_t kAuthorSignaturesMax = 8;            // of one deployment, or one host
constexpr std::size_t kSecretKeysMax = 64;                 // of one secret
constexpr std::size_t kSecretKeyBytesMax = 63;             // the name of one of them
constexpr std::size_t kSecretValueBytesMax = 16UL << 10U;  // of one of them
constexpr std::size_t kSealedTextBytesMax = 24UL << 10U;   // base64url of a sealed value
constexpr std::size_t kSecretReferencesMax = 64;  // different ones in the values of one entity
constexpr std::size_t kSecretUsesMax = 2 * kSecretReferencesMax;  // of one deployment
constexpr std::size_t kNameBytesMax = 63;
constexpr std::size_t kLabelKeyBytesMax = 63;
constexpr std::size_t kLabelValueBytesMax = 63;
constexpr std::size_t kLabelsMax = 64;  // on one entity; tags too
constexpr std::size_t kTagValueBytesMax = 1024;
constexpr std::size_t kTextBytesMax = 4096;  // a description, a URL, one reason
constexpr std::size_t kReasonsMax = 64;
constexpr std::size_t kFieldShownMax = 64;  // of a field's name that titan does not know, in errors
constexpr std::size_t kSelectorBytesMax = 4096;
constexpr std::size_t kFilterFieldsMax = 16;           // fields that one list is picked by
constexpr std::size_t kValuesBytesMax = 256UL << 10U;  // values of one entity, canonical JSON
// Levels of nesting in values. What they are sent in (an entity, a change, a manifest, a page of
// these) adds up to eight, and no JSON text may have more than kJsonDepthMax.
constexpr std::size_t kValuesDepthMax = 32;
constexpr std::size_t kTemplateFilesMax = 1000;
constexpr std::size_t kTemplateFileBytesMax = 4UL << 20U;
constexpr std::size_t kTemplateBytesMax = 64UL << 20U;  // all files of one template
constexpr std::size_t kRenderedPathDepthMax = 32;       // names in the path of one rendered file
// Of one name in it: a temporary file beside it has 12 more, and no name may have more than 255.
constexpr std::size_t kRenderedNameBytesMax = 243;
constexpr std::size_t kReplicasMax = 1'000'000;
constexpr std::size_t kReportDeploymentsMax = 10'000;  // in one host's report

// What is reported of a deployment's versions.
constexpr std::size_t kStagesMax = 32;  // of one deployment: of its version and the next
constexpr std::size_t kStageNameBytesMax = 32;
constexpr std::size_t kStageRevisionBytesMax = 256;
constexpr std::size_t kStageUrlBytesMax = 1024;

// Health checks of a template.
constexpr std::size_t kHealthChecksMax = 16;
constexpr std::size_t kHealthArgumentsMax = 64;       // of one program
constexpr std::size_t kHealthTextBytesMax = 4096;     // of an argument, a URL, an address, a unit
constexpr std::chrono::seconds kHealthTimeMax{3600};  // each of its times

constexpr std::chrono::seconds kHookTimeMax{3600};  // that a template may give a hook

// The manifest of a template's directory.
constexpr std::size_t kManifestBytesMax = 1UL << 20U;
constexpr std::size_t kIgnorePatternsMax = 100;
constexpr std::size_t kPathPatternBytesMax = 1024;
constexpr std::size_t kRefBytesMax = 255;  // the name of a branch or a tag
constexpr std::size_t kCommitDigits = 40;  // of a commit's id (SHA-1)

// The schema of a template's values, and looking at values by it.
constexpr std::size_t kSchemaBytesMax = 64UL << 10U;  // as canonical JSON
constexpr std::size_t kSchemaPartsMax = 5000;         // schemas within it
constexpr std::size_t kSchemaNestedMax = 128;  // schemas that one value is held against at once
constexpr std::size_t kSchemaStepsMax = 2'000'000;  // of work, for all values of one deployment
constexpr std::size_t kRegexBytesMax = 1024;        // of one pattern
constexpr std::size_t kRegexGroupsMax = 32;         // inside one another
constexpr std::size_t kRegexRepeatMax = 1000;       // in braces
constexpr std::size_t kRegexProgramMax = 4000;      // instructions of a compiled one
constexpr std::size_t kShownValueBytesMax = 64;     // of a value, in a message

// What a host says of one deployment.
constexpr std::size_t kOutputBytesMax = 4096;  // of programs that failed
constexpr std::size_t kDriftTextsMax = 10;
constexpr std::size_t kDriftTextBytesMax = 512;
constexpr std::size_t kOwnerBytesMax = 128;  // of a template's file

}  // namespace titan::model
