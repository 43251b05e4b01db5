# The scripts and styles of /docs and /redocs, which are built into titan-server: files of the npm
# packages that server-lite/pages/package-lock.json pins, compressed. They are fetched while
# building and never while configuring. Without npm, or without its registry, they are empty: the
# server then says that it has no copy. docs/adr/0027-pages-in-the-binary.md has the reasons.
option(TITAN_PAGES "Build the pages of the API's description into titan-server" ON)
find_program(TITAN_NPM npm)

set(titan_pages_folder ${PROJECT_BINARY_DIR}/pages)
set(titan_pages_source ${PROJECT_SOURCE_DIR}/server-lite/pages)

# titan_pages(SOURCE) lets that source of the current folder embed them from TITAN_PAGES_FOLDER.
function(titan_pages source)
  list(TRANSFORM TITAN_PAGE_FILES PREPEND ${titan_pages_folder}/ OUTPUT_VARIABLE outputs)
  list(TRANSFORM outputs APPEND .gz)
  if(NOT TITAN_PAGES)
    set(TITAN_NPM "")
  endif()
  add_custom_command(OUTPUT ${outputs}
    COMMAND ${CMAKE_COMMAND} -D NPM=${TITAN_NPM} -D SOURCE=${titan_pages_source}
      -D FOLDER=${titan_pages_folder} -P ${PROJECT_SOURCE_DIR}/cmake/FetchPages.cmake
    DEPENDS ${titan_pages_source}/package.json ${titan_pages_source}/package-lock.json
      ${PROJECT_SOURCE_DIR}/cmake/FetchPages.cmake
    COMMENT "Fetching the pages of the API's description" VERBATIM)
  set_source_files_properties(${source} PROPERTIES
    OBJECT_DEPENDS "${outputs}"
    COMPILE_DEFINITIONS TITAN_PAGES_FOLDER="${titan_pages_folder}")
endfunction()

set(TITAN_PAGE_FILES swagger-ui.css swagger-ui-bundle.js redoc.standalone.js licenses.txt)
